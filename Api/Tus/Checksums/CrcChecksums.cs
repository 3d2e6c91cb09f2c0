using System.Buffers.Binary;
using System.IO.Hashing;
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

/// <summary>CRC-32 of zip and Ethernet. Four bytes, big-endian.</summary>
internal sealed class Crc32Checksum : RunningChecksum
{
    private readonly Crc32 _crc = new();

    public override void Append(ReadOnlySpan<byte> bytes) => _crc.Append(bytes);

    protected override int Finish(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, _crc.GetCurrentHashAsUInt32());
        return sizeof(uint);
    }
}
