// What `sanyuan serve` is told. A plain value.
#ifndef SANYUAN_SERVICES_SANYUAN_OPTIONS_H_
#define SANYUAN_SERVICES_SANYUAN_OPTIONS_H_

#include <cstdint>
#include <string>

#include "services/sanyuan/journal_topics.h"

namespace sanyuan {

struct ServeOptions {
  // Directory of all that is kept here, with the embedded engine also of the journals; made when it is not there.
  std::string data;
  KafkaPlace kafka;                 // Of the journals and keys; without brokers both are in the directory.
  std::string redis;                // HOST:PORT of the views; empty: a file in the directory.
  std::string redis_user;           // Empty: the default user.
  std::string redis_password_file;  // Empty: no password.
  double session_timeout_seconds =
      6;                        // On Kafka: after so long without a sign of life an instance counts as dead.
  std::string advertise;        // HOST:PORT at which other instances reach this one; empty: as it listens.
  bool single_copy = false;     // Each record on one broker alone will do.
  bool publish_events = false;  // Accepted events go to public topics; on Kafka alone.
  std::string listen = "127.0.0.1:0";  // gRPC. Port 0 picks a free one.
  std::string ops = "127.0.0.1:0";     // HTTP: /livez, /readyz, /metrics.
  bool dev = false;                    // Simulated clock, callers trusted by metadata, loopback only.
  int32_t partitions = 8;              // Of each context; fixed when the journals are made.
  bool clock_confirmed = false;        // The clock is right although a week or more has passed.
  double heartbeat_seconds = 10;       // Of feeds without events.
  std::string tie_key_secret_file;     // Without it, and with dev, secrets derive from the seed.
  uint64_t dev_seed = 7;
  std::string master_key_file;  // 32 bytes; with dev one is made in the data directory when it is left out.
  bool new_keys = false;        // Begin with no keys although there are journals.
  std::string otlp_endpoint;    // http://HOST:PORT that takes spans; empty: none are made.
  double otlp_ratio = 1;        // Of the traces that begin here, how many are recorded: 0 to 1.
  std::string program;          // By which spans name the service: "sanyuan-registry". No setting.
};

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_OPTIONS_H_
