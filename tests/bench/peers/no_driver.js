// In place of the driver with a native part that emmett-sqlite asks for: the object gives it a connection.
export default {};
