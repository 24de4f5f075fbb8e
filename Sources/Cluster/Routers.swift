/// Every router.
///
/// **The one line to add when you add a file in Routers/.**
public let routers: [any Router.Type] = [
  RoundRobin.self, DualMap.self,
]
