// Logs are lines of JSON on stderr: {"time":"...","level":"...","message":"..."}.
#ifndef SANYUAN_SERVICES_SANYUAN_LOGGING_H_
#define SANYUAN_SERVICES_SANYUAN_LOGGING_H_

namespace sanyuan {

// Once, at the start of the process.
void LogAsJson();

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_LOGGING_H_
