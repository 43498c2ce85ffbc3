"""The 128 bytes of an Atari 2600 by name: `ram.ball_x` reads and writes the byte a data sheet gives that name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import index
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from hackatari.errors import did_you_mean

RAM_SIZE = 128


def clip_to_byte(value: int) -> int:
    """Clip an integer to 0..255; what must wrap around says so with `% 256`."""
    value = index(value)
    return value if 0 <= value <= 255 else (0 if value < 0 else 255)


def bcd_digits(*values: int) -> int:
    """Return how many digits a number has, without leading zeros: 0 for zero.

    Args:
        *values: Its bytes in binary coded decimal, two digits each, the highest first.
    """
    return len(bytes(values).hex().lstrip("0"))


class Byte(property):
    """A named RAM byte, declared as a class attribute of a `Ram`.

    On the class it is this object, with `name`, `address` and `meaning`; on an instance it is the byte's value, an
    int in 0..255. Assigned values are clipped to 0..255.

    Args:
        address: 0..127.
        meaning: What the byte holds, for people.
    """

    def __init__(self, address: int, meaning: str) -> None:
        def read(ram: Ram) -> int:
            return ram._bytes[address]

        def write(ram: Ram, value: int) -> None:
            ram[address] = value

        super().__init__(read, write, doc=meaning)
        self.name = ""
        self.address = address
        self.addresses = (address,)
        self.meaning = meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        @overload
        def __get__(self, ram: None, owner: type | None = None, /) -> Byte: ...
        @overload
        def __get__(self, ram: Any, owner: type | None = None, /) -> int: ...
        def __get__(self, ram: Any, owner: type | None = None, /) -> Byte | int: ...
        def __set__(self, ram: Any, value: int, /) -> None: ...


def _as_slice(addresses: tuple[int, ...]) -> slice | None:
    """Return the ascending slice that gives these addresses, or None if there is none."""
    step = addresses[1] - addresses[0] if len(addresses) > 1 else 0
    if step > 0 and addresses == tuple(range(addresses[0], addresses[-1] + 1, step)):
        return slice(addresses[0], addresses[-1] + 1, step)
    return None


class ByteArray:
    """Several RAM bytes under one name, declared as a class attribute of a `Ram`.

    On the class it is this object and can be sliced (`FreewayRam.car_wait[-2:]`); on an instance it is a `Bytes`.

    Args:
        addresses: The bytes, in the order in which they are indexed.
        meaning: What the bytes hold, for people.
    """

    def __init__(self, addresses: Sequence[int], meaning: str) -> None:
        self.name = ""
        self.addresses = tuple(addresses)
        self.meaning = meaning
        self._span = _as_slice(self.addresses)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __getitem__(self, key: slice) -> ByteArray:
        return ByteArray(self.addresses[key], self.meaning)

    @overload
    def __get__(self, ram: None, owner: type | None = None) -> ByteArray: ...
    @overload
    def __get__(self, ram: Ram, owner: type | None = None) -> Bytes: ...
    def __get__(self, ram: Ram | None, owner: type | None = None) -> ByteArray | Bytes:
        return self if ram is None else Bytes(ram, self.addresses, self._span)

    def __set__(self, ram: Ram, value: object) -> None:
        raise AttributeError(
            f"{self.name} is an array: write ram.{self.name}[:] = value or ram.{self.name}[i] = value."
        )


class Bytes:
    """A view of several RAM bytes: indexing, slicing, iteration; assigning one int to a slice fills it."""

    __slots__ = ("_addresses", "_ram", "_span")

    def __init__(self, ram: Ram, addresses: tuple[int, ...], span: slice | None = None) -> None:
        self._ram = ram
        self._addresses = addresses
        self._span = span

    def __len__(self) -> int:
        return len(self._addresses)

    def __iter__(self) -> Iterator[int]:
        data = self._ram._bytes
        if self._span:  # a slice is read several times faster than its bytes one by one
            return iter(data[self._span])
        return iter([data[address] for address in self._addresses])

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[int, ...]: ...
    def __getitem__(self, key: int | slice) -> int | tuple[int, ...]:
        data = self._ram._bytes
        if isinstance(key, slice):
            return tuple(data[address] for address in self._addresses[key])
        return data[self._addresses[key]]

    def __setitem__(self, key: int | slice, value: int | Sequence[int]) -> None:
        if not isinstance(key, slice):
            self._ram[self._addresses[key]] = value  # type: ignore[assignment]
            return
        addresses = self._addresses[key]
        if isinstance(value, (int, np.integer)):
            values: Sequence[int] = [clip_to_byte(value)] * len(addresses)
        else:
            try:
                values = bytes(value)
            except ValueError:  # some are not in 0..255
                values = [clip_to_byte(byte) for byte in value]
        if len(values) != len(addresses):
            raise ValueError(f"Expected {len(addresses)} values, got {len(values)}.")
        data, write = self._ram._bytes, self._ram._write
        for address, byte in zip(addresses, values, strict=True):
            data[address] = byte
            write(address, byte)

    def __repr__(self) -> str:
        return repr(list(self))


class _WithoutDict(type):
    """Gives every RAM map empty `__slots__`, so that writing a misspelt name raises instead of doing nothing."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _WithoutDict:
        namespace.setdefault("__slots__", ())
        return super().__new__(mcs, name, bases, namespace)


class Ram(metaclass=_WithoutDict):
    """A copy of the emulator's RAM; reads come from the copy, writes go to the copy and to the emulator.

    Subclasses are a game's RAM map: they declare `Byte` and `ByteArray` attributes. `ram[address]` reaches any byte.

    Args:
        ale: The `ale_py.ALEInterface` to read from and write to.
    """

    __slots__ = ("_buffer", "_bytes", "_read", "_write")

    def __init__(self, ale: Any) -> None:
        # A bytearray gives Python ints on indexing, several times faster than a NumPy element.
        self._bytes = bytearray(RAM_SIZE)
        self._buffer = np.frombuffer(self._bytes, dtype=np.uint8)
        self._read = ale.getRAM
        self._write = ale.setRAM

    def refresh(self) -> None:
        """Copy the emulator's RAM."""
        self._read(self._buffer)

    @classmethod
    def fields(cls) -> dict[str, Byte | ByteArray]:
        """Return the named bytes in the order of their declaration."""
        return {
            name: field
            for base in reversed(cls.__mro__)
            for name, field in vars(base).items()
            if isinstance(field, (Byte, ByteArray))
        }

    @classmethod
    def names_at(cls, addresses: Iterable[int]) -> list[str]:
        """Return the names of bytes, such as "ball_x", "car_x" for the whole array, "car_x[3]" or "byte 12"."""
        left = set(addresses)
        names = []
        for field in cls.fields().values():
            covered = [i for i, address in enumerate(field.addresses) if address in left]
            if len(covered) == len(field.addresses):
                names.append(field.name)
            else:
                names += [f"{field.name}[{i}]" for i in covered]
            left -= set(field.addresses)
        return names + [f"byte {address}" for address in sorted(left)]

    def labels(self) -> dict[str, int | list[int]]:
        """Return all named bytes: an int for a byte, a list of ints for an array."""
        return {
            name: getattr(self, name) if isinstance(field, Byte) else list(getattr(self, name))
            for name, field in self.fields().items()
        }

    def __len__(self) -> int:
        return RAM_SIZE

    def __getitem__(self, address: int) -> int:
        return self._bytes[address]

    def __setitem__(self, address: int, value: int) -> None:
        value = index(value)
        if not 0 <= value <= 255:
            value = clip_to_byte(value)
        self._bytes[address] = value
        self._write(address, value)


class LiveRam(Ram):
    """RAM that is read from the emulator at every access: what users hold on to between steps.

    Misspelt names raise `AttributeError` with close matches, on reading and on writing.
    """

    __slots__ = ("_storage",)

    def __init__(self, ale: Any) -> None:
        object.__setattr__(self, "_storage", bytearray(RAM_SIZE))
        object.__setattr__(self, "_buffer", np.frombuffer(self._storage, dtype=np.uint8))
        object.__setattr__(self, "_read", ale.getRAM)
        object.__setattr__(self, "_write", ale.setRAM)

    @property
    def _bytes(self) -> bytearray:  # type: ignore[override]
        self._read(self._buffer)
        return self._storage

    def _unknown(self, name: str) -> AttributeError:
        known = self.fields()
        return AttributeError(f"No RAM byte is named {name!r}.{did_you_mean(name, known)} Known: {', '.join(known)}.")

    def __getattr__(self, name: str) -> Any:
        raise self._unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.fields():
            raise self._unknown(name)
        object.__setattr__(self, name, value)

    @staticmethod
    def of(ram_map: type[Ram], ale: Any) -> LiveRam:
        """Return a live view of the emulator's RAM with the names of `ram_map`."""
        live: type[LiveRam] = _WithoutDict(f"Live{ram_map.__name__}", (LiveRam, ram_map), {})  # type: ignore[assignment]
        return live(ale)
