"""Named RAM bytes: what reading, writing, slicing and misspelling do."""

import ale_py
import numpy as np
import pytest
from ale_py import roms

from hackatari.ram import Byte, ByteArray, LiveRam, Ram, bcd_digits


class ExampleRam(Ram):
    score = Byte(14, "points")
    cars = ByteArray(range(108, 112), "columns of the cars")


@pytest.fixture
def ale():
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.loadROM(roms.get_rom_path("pong"))
    return ale


def test_reads_a_snapshot_and_writes_through(ale):
    ram = ExampleRam(ale)
    ram.refresh()
    ale.setRAM(14, 7)
    assert ram.score == 0
    ram.refresh()
    assert ram.score == 7
    ram.score = 9
    assert (ram.score, ram[14], ale.getRAM()[14]) == (9, 9, 9)


@pytest.mark.parametrize(("value", "stored"), [(-1, 0), (0, 0), (255, 255), (256, 255), (np.int64(300), 255)])
def test_values_are_clipped_to_a_byte(ale, value, stored):
    ram = ExampleRam(ale)
    ram.score = value
    ram.cars[1:2] = value
    assert ale.getRAM()[[14, 109]].tolist() == [stored, stored]


def test_only_whole_numbers_are_written(ale):
    with pytest.raises(TypeError, match="integer"):
        ExampleRam(ale).score = 1.5


def test_arrays_are_indexed_sliced_and_iterated(ale):
    ram = ExampleRam(ale)
    ram.cars[:] = 100
    ram.cars[-2:] = (1, 2)
    ram.cars[0] = 5
    assert ale.getRAM()[108:112].tolist() == [5, 100, 1, 2]
    assert (list(ram.cars), ram.cars[1:3], ram.cars[-1], len(ram.cars)) == ([5, 100, 1, 2], (100, 1), 2, 4)


def test_arrays_refuse_the_wrong_number_of_values_and_plain_assignment(ale):
    ram = ExampleRam(ale)
    with pytest.raises(ValueError, match="Expected 4 values, got 2"):
        ram.cars[:] = (1, 2)
    with pytest.raises(AttributeError, match=r"write ram\.cars\[:\] = value"):
        ram.cars = 3


def test_the_map_knows_addresses_names_and_meanings():
    assert (ExampleRam.score.address, ExampleRam.score.meaning) == (14, "points")
    assert ExampleRam.cars[-2:].addresses == (110, 111)
    assert list(ExampleRam.fields()) == ["score", "cars"]
    assert ExampleRam.names_at([0, 109, 14]) == ["score", "cars[1]", "byte 0"]
    assert ExampleRam.names_at(range(108, 112)) == ["cars"]


def test_a_misspelt_byte_cannot_be_written_silently(ale):
    with pytest.raises(AttributeError, match="scores"):
        ExampleRam(ale).scores = 3


def test_live_ram_follows_the_emulator(ale):
    ram = LiveRam.of(ExampleRam, ale)
    ale.setRAM(14, 3)
    assert ram.score == 3
    ram.score = 4
    ram.cars[:] = 6
    assert ale.getRAM()[[14, 108]].tolist() == [4, 6]
    assert ram.labels() == {"score": 4, "cars": [6, 6, 6, 6]}


def test_live_ram_names_close_matches(ale):
    ram = LiveRam.of(ExampleRam, ale)
    with pytest.raises(AttributeError, match=r"No RAM byte is named 'scor'. Did you mean 'score'"):
        _ = ram.scor
    with pytest.raises(AttributeError, match=r"No RAM byte is named 'car'. Did you mean 'cars'"):
        ram.car = 1


@pytest.mark.parametrize(
    ("values", "digits"), [((0, 0), 0), ((0, 0x05), 1), ((0, 0x10), 2), ((0x01, 0), 3), ((0x12, 0x34), 4)]
)
def test_digits_of_binary_coded_decimals_without_leading_zeros(values, digits):
    assert bcd_digits(*values) == digits
