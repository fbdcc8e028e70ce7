#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "detforge/config/source_text.h"

/// The syntax tree of the part of Python that a config may use; names follow Python's `ast`.
namespace detforge::python {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class UnaryOperator : std::uint8_t { Not, Minus, Plus, Invert };
enum class BinaryOperator : std::uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  LeftShift,
  RightShift,
  And,
  Or,
  Xor
};
enum class CompareOperator : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, Is, IsNot, In, NotIn };

struct Bytes {
  std::string data;
};

/// None, bool, int, float, str or bytes as written.
struct Constant {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes> value;
};
struct Name {
  std::string id;
};
struct Attribute {
  ExprPtr object;
  std::string name;
  Span name_span;
};
struct Subscript {
  ExprPtr object;
  ExprPtr index;
};
struct SliceExpr {
  ExprPtr lower, upper, step;  // each may be absent
};
struct Argument {
  enum class Kind : std::uint8_t { Positional, Keyword, Star, DoubleStar };
  Kind kind;
  std::string name;
  Span name_span;
  ExprPtr value;
};
struct Call {
  ExprPtr function;
  std::vector<Argument> arguments;
};
struct Unary {
  UnaryOperator op;
  ExprPtr operand;
};
struct Binary {
  BinaryOperator op;
  ExprPtr left, right;
};
struct Compare {
  ExprPtr first;
  std::vector<std::pair<CompareOperator, ExprPtr>> rest;
};
struct BoolOp {
  bool is_and;
  std::vector<ExprPtr> operands;
};
struct Conditional {
  ExprPtr test, then, otherwise;
};
struct Starred {
  ExprPtr value;
};
struct Walrus {
  std::string name;
  ExprPtr value;
};
struct Display {
  enum class Kind : std::uint8_t { List, Tuple, Set };
  Kind kind;
  std::vector<ExprPtr> elements;
};
struct DictDisplay {
  std::vector<std::pair<ExprPtr, ExprPtr>> items;  // a missing key is `**value`
};
struct Comprehension {
  enum class Kind : std::uint8_t { List, Set, Dict, Generator };
  struct Clause {
    ExprPtr target, iterable;
    std::vector<ExprPtr> conditions;
  };
  Kind kind;
  ExprPtr element;  // the key of a dict
  ExprPtr value;    // of a dict only
  std::vector<Clause> clauses;
};
struct FString {
  struct Part {
    std::string literal;
    ExprPtr value;        // absent for a literal
    char conversion = 0;  // 'r', 's', 'a' or none
    ExprPtr format;       // an FString, or absent
  };
  std::vector<Part> parts;
};

struct Expr {
  using Node = std::variant<Constant, Name, Attribute, Subscript, SliceExpr, Call, Unary, Binary, Compare, BoolOp, Conditional, Starred,
                            Walrus, Display, DictDisplay, Comprehension, FString>;
  Span span;
  Node node;
  std::uint32_t height;  // of this tree, bounded by the parser: whoever walks it may recurse

  template <class T>
  const T* get() const {
    return std::get_if<T>(&node);
  }
};

struct Stmt;
using Block = std::vector<Stmt>;

struct ExprStmt {
  ExprPtr value;
};
struct Assign {
  std::vector<ExprPtr> targets;
  ExprPtr value;
};
struct AugAssign {
  ExprPtr target;
  BinaryOperator op;
  ExprPtr value;
};
/// `a: int = 3`; without a value it does nothing.
struct AnnAssign {
  ExprPtr target;
  ExprPtr value;
};
struct If {
  ExprPtr test;
  Block then, otherwise;
};
struct While {
  ExprPtr test;
  Block body, otherwise;
};
struct For {
  ExprPtr target, iterable;
  Block body, otherwise;
};
struct Try {
  struct Handler {
    ExprPtr type;  // absent: every exception
    Span span;
    Block body;
  };
  Block body;
  std::vector<Handler> handlers;
  Block otherwise, finally;
};
struct Delete {
  std::vector<ExprPtr> targets;
};
struct Assert {
  ExprPtr test, message;
};
struct Raise {
  ExprPtr exception;
};
struct Import {
  struct Alias {
    std::string name;  // dotted, of a module; or what is taken from `module`
    std::string as;    // the name that is bound
    Span span;
    bool renamed;  // `import os.path` binds `os`, `import os.path as osp` the module itself
  };
  std::string module;  // of `from module import …`; empty for `import …`
  std::vector<Alias> aliases;
};
struct Pass {};
struct Break {};
struct Continue {};

struct Stmt {
  using Node =
      std::variant<ExprStmt, Assign, AugAssign, AnnAssign, If, While, For, Try, Delete, Assert, Raise, Import, Pass, Break, Continue>;
  Span span;
  Node node;

  template <class T>
  const T* get() const {
    return std::get_if<T>(&node);
  }
};

}  // namespace detforge::python
