// The page's first script.

export {};
