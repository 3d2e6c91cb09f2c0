using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Tus.Checksums;

/// <summary>CRC-32C (Castagnoli), computed by a processor instruction. Four bytes, big-endian.</summary>
internal sealed class Crc32CChecksum : RunningChecksum
{
    private uint _crc = uint.MaxValue;

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = _crc;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var one in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, one);
        _crc = crc;
    }

    protected override int Finish(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, ~_crc);
        return sizeof(uint);
    }
}

/// <summary>CRC-32 of zip and Ethernet, eight bytes a step with eight tables. Four bytes, big-endian.</summary>
internal sealed class Crc32Checksum : RunningChecksum
{
    private const uint Polynomial = 0xEDB88320;
    private const int Slices = 8;

    private static readonly uint[] Table = MakeTable();

    private uint _crc = uint.MaxValue;

    public override void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = _crc;
        ReadOnlySpan<uint> table = Table;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = 0;
            for (var i = 0; i < Slices; i++)
                crc ^= table[((Slices - 1 - i) * 256) + (int)(byte)(word >> (8 * i))];
        }

        foreach (var one in bytes)
            crc = (crc >> 8) ^ table[(byte)(crc ^ one)];
        _crc = crc;
    }

    protected override int Finish(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, ~_crc);
        return sizeof(uint);
    }

    private static uint[] MakeTable()
    {
        var table = new uint[Slices * 256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            table[i] = crc;
        }

        for (var i = 256; i < table.Length; i++)
            table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }
}
