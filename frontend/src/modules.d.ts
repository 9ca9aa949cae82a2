declare module "virtual:shared" {
  const modules: Readonly<Record<string, object>>;
  export default modules;
}
declare module "*.css";
declare module "virtual:*" {
  const source: string;
  export default source;
}
declare module "*.md" {
  const source: string;
  export default source;
}
