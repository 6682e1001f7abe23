import type { AnyService, Registration } from "@ipr/grpc";

/** The registration of one service among those of a module. */
export function onlyRegistration(registrations: readonly Registration[], service: AnyService): Registration {
  const found = registrations.find((registration) => registration.service === service);
  if (!found) throw new TypeError(`${service.typeName} is not served`);
  return found;
}
