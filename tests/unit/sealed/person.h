// Whom the tests of keys are about.
#ifndef SANYUAN_TESTS_UNIT_SEALED_PERSON_H_
#define SANYUAN_TESTS_UNIT_SEALED_PERSON_H_

namespace sanyuan::sealed {

inline constexpr char kPerson[] = "620121/620121100001";

}  // namespace sanyuan::sealed

#endif  // SANYUAN_TESTS_UNIT_SEALED_PERSON_H_
