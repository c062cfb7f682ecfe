/**
 * The search box: whatever is typed leads to its page, or to a page of choices.
 */

import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';

export function Search() {
  const { route } = useLocation();
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const isTyping =
        event.target instanceof Element && event.target.closest('input, textarea, select') !== null;
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  const search = (event: Event): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    route(`/search?q=${encodeURIComponent(wanted)}`);
    setText('');
    input.current?.blur();
  };
  return (
    <search>
      <form onSubmit={search}>
        <input
          ref={input}
          type="search"
          value={text}
          maxLength={200}
          placeholder="nonce, block, 0x…, topic"
          aria-label="Search: a nonce, block or settlement by number, an account by address, a topic by name"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}
