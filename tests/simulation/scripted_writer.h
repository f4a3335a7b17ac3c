// Writes the journals of a scenario that no process of the round decides.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_SCRIPTED_WRITER_H_
#define SANYUAN_TESTS_SIMULATION_SCRIPTED_WRITER_H_

namespace sanyuan::simulation {

struct World;

// Appends what is due at once, and schedules the rest. Their logs stay sound, and records land where their height
// says.
void WriteScripted(World& world);

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_SCRIPTED_WRITER_H_
