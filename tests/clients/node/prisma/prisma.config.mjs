// The client is generated; no database is asked.
export default { schema: "schema.prisma" };
