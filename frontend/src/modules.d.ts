declare module "*.css";
declare module "virtual:*" {
  const source: string;
  export default source;
}
declare module "*.md" {
  const source: string;
  export default source;
}
