// Personal data in answers: what a caller may not see is left empty. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_PERSONAL_VIEW_H_
#define SANYUAN_SERVICES_REGISTRY_PERSONAL_VIEW_H_

#include "google/protobuf/message.h"

namespace sanyuan::registry {

// Empties keyed hashes, in `message` and the messages inside; sealed texts too unless `texts_shown`.
void HidePersonal(google::protobuf::Message& message, bool texts_shown);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_PERSONAL_VIEW_H_
