declare module "*.css";
declare module "virtual:playground-worker" {
  const source: string;
  export default source;
}
declare module "virtual:training-worker" {
  const source: string;
  export default source;
}
declare module "*.md" {
  const source: string;
  export default source;
}
