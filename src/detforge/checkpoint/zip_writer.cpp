#include "detforge/checkpoint/zip_writer.h"

#include <algorithm>

#include "detforge/checkpoint/append_number.h"
#include "detforge/checkpoint/crc.h"

namespace detforge {
namespace {

constexpr std::uint64_t too_large = 0xFFFFFFFF;  // stands in 32 bits for "see the zip64 field"
constexpr std::uint16_t too_many = 0xFFFF;
constexpr std::uint16_t version = 20, zip64_version = 45;
constexpr std::uint16_t first_day = 0x0021;  // 1980-01-01: an archive does not tell when it was written
constexpr std::size_t alignment = 64;

std::uint32_t in_32_bits(std::uint64_t value) { return static_cast<std::uint32_t>(std::min(value, too_large)); }

/// Version, flags, method, time, day, checksum, sizes, length of the name: the same in both headers.
void append_common(std::string& header, bool is_zip64, std::uint32_t crc, std::uint64_t size, const std::string& name) {
  append_number(header, is_zip64 ? zip64_version : version);
  append_number(header, std::uint16_t{0});
  append_number(header, std::uint16_t{0});
  append_number(header, std::uint16_t{0});
  append_number(header, first_day);
  append_number(header, crc);
  append_number(header, in_32_bits(size));
  append_number(header, in_32_bits(size));
  append_number(header, static_cast<std::uint16_t>(name.size()));
}

/// An extra field that only takes place, torch's "FB", so that what follows `position` is aligned.
std::string padding(std::uint64_t position) {
  constexpr std::size_t header = 4;
  const std::size_t fill = (alignment - (position + header) % alignment) % alignment;
  std::string field = "FB";
  append_number(field, static_cast<std::uint16_t>(fill));
  return field + std::string(fill, 'Z');
}

}  // namespace

void ZipWriter::write(std::string_view piece) {
  sink_(piece);
  position_ += piece.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> bytes) {
  const Member& member = members_.emplace_back(Member{name, crc_of(bytes), bytes.size(), position_});
  std::string extra;
  if (member.size >= too_large) {
    append_number(extra, std::uint16_t{1});
    append_number(extra, std::uint16_t{16});
    append_number(extra, member.size);
    append_number(extra, member.size);
  }
  constexpr std::size_t fixed_part = 30;
  extra += padding(position_ + fixed_part + name.size() + extra.size());
  std::string header = "PK\x03\x04";
  append_common(header, member.size >= too_large, member.crc, member.size, name);
  append_number(header, static_cast<std::uint16_t>(extra.size()));
  write(header + name + extra);
  write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void ZipWriter::finish() {
  const std::uint64_t directory_at = position_;
  for (const Member& member : members_) {
    std::string extra;
    if (member.size >= too_large) {
      append_number(extra, member.size);
      append_number(extra, member.size);
    }
    if (member.local_at >= too_large) append_number(extra, member.local_at);
    const bool is_zip64 = !extra.empty();
    std::string entry = "PK\x01\x02";
    append_number(entry, zip64_version);  // made by
    append_common(entry, is_zip64, member.crc, member.size, member.name);
    append_number(entry, static_cast<std::uint16_t>(is_zip64 ? extra.size() + 4 : 0));
    entry.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
    append_number(entry, in_32_bits(member.local_at));
    entry += member.name;
    if (is_zip64) {
      append_number(entry, std::uint16_t{1});
      append_number(entry, static_cast<std::uint16_t>(extra.size()));
      entry += extra;
    }
    write(entry);
  }
  const std::uint64_t directory_size = position_ - directory_at, count = members_.size();
  std::string end;
  if (count >= too_many || directory_at >= too_large || directory_size >= too_large) {
    const std::uint64_t end_at = position_;
    end = "PK\x06\x06";
    append_number(end, std::uint64_t{44});  // bytes that follow
    append_number(end, zip64_version);
    append_number(end, zip64_version);
    append_number(end, std::uint64_t{0});  // disks
    append_number(end, count);
    append_number(end, count);
    append_number(end, directory_size);
    append_number(end, directory_at);
    end += "PK\x06\x07";
    append_number(end, std::uint32_t{0});
    append_number(end, end_at);
    append_number(end, std::uint32_t{1});
  }
  end += "PK\x05\x06";
  append_number(end, std::uint32_t{0});  // disks
  const auto count_16 = static_cast<std::uint16_t>(std::min<std::uint64_t>(count, too_many));
  append_number(end, count_16);
  append_number(end, count_16);
  append_number(end, in_32_bits(directory_size));
  append_number(end, in_32_bits(directory_at));
  append_number(end, std::uint16_t{0});
  write(end);
}

}  // namespace detforge
