// Each safeguard of the journal and of its engines, by name. In the product they are constants and always on. A test build
// (SANYUAN_TEST_CONTROLS) can switch one off for the whole process, to show that tests catch what then goes wrong.
#ifndef SANYUAN_COMMON_PARTITION_SAFEGUARDS_H_
#define SANYUAN_COMMON_PARTITION_SAFEGUARDS_H_

namespace sanyuan::partition {

#ifdef SANYUAN_TEST_CONTROLS
#define SANYUAN_SAFEGUARD(name) static inline bool name = true
#else
#define SANYUAN_SAFEGUARD(name) static constexpr bool name = true
#endif

struct Safeguards {
  // A record must name the digest of the one before it.
  SANYUAN_SAFEGUARD(check_prev);
  // Records of lower terms are skipped, records of higher terms are damage.
  SANYUAN_SAFEGUARD(check_term);
  // A writer decides only after it has read its own take-over as accepted.
  SANYUAN_SAFEGUARD(await_take_over);
  // The memory of request ids is part of the folded state.
  SANYUAN_SAFEGUARD(fold_request_ids);
  // How far inputs were read is part of the decision that consumed them.
  SANYUAN_SAFEGUARD(fold_cursors);
  // A command is answered when its decision was read back as accepted.
  SANYUAN_SAFEGUARD(answer_after_read_back);
  // A stored place is used only after its record was read again.
  SANYUAN_SAFEGUARD(verify_stored_places);
  // The record at the head is read again, so that a cut log is noticed.
  SANYUAN_SAFEGUARD(reread_head);
  // An allocation run computes from the input set aside at its start.
  SANYUAN_SAFEGUARD(run_from_snapshot);
  // A snapshot is used only if the state loaded from it has the digest that its record names.
  SANYUAN_SAFEGUARD(verify_snapshots);

  // Kafka: a partition's next request waits for the answer to the one before it.
  SANYUAN_SAFEGUARD(one_request_in_flight);
  // Kafka: a record has landed when all replicas in sync have it, and is sent again until then.
  SANYUAN_SAFEGUARD(acks_of_all_in_sync);
  // Redis: rows are written only where the view stands exactly where they begin, and read only from a view that is as far
  // as this process has seen it.
  SANYUAN_SAFEGUARD(exact_view_position);
};

#undef SANYUAN_SAFEGUARD

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_SAFEGUARDS_H_
