using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ChunkUpload.Emulators.Content;

/// <summary>Makes the bytes at any offset, always the same ones.</summary>
internal abstract class ByteGenerator
{
    public abstract void Fill(long offset, Span<byte> bytes);

    public byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        Fill(offset, bytes);
        return bytes;
    }
}

/// <summary>SHA-256 of 0, 1, 2 … as eight little-endian bytes, one digest after another: the data of the published hash vectors.</summary>
internal sealed class DigestGenerator : ByteGenerator
{
    public override void Fill(long offset, Span<byte> bytes)
    {
        Span<byte> counter = stackalloc byte[8];
        Span<byte> digest = stackalloc byte[32];
        while (bytes.Length > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(counter, offset / 32);
            SHA256.HashData(counter, digest);
            var part = digest[(int)(offset % 32)..];
            var count = Math.Min(part.Length, bytes.Length);
            part[..count].CopyTo(bytes);
            bytes = bytes[count..];
            offset += count;
        }
    }
}

/// <summary>SplitMix64 over the index of each eight bytes: as fast as memory, and without a period that hashes could cancel out.</summary>
internal sealed class MixGenerator(ulong seed) : ByteGenerator
{
    public override void Fill(long offset, Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[8];
        while (offset % 8 != 0 && bytes.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word((ulong)offset / 8));
            var part = word[(int)(offset % 8)..];
            var count = Math.Min(part.Length, bytes.Length);
            part[..count].CopyTo(bytes);
            bytes = bytes[count..];
            offset += count;
        }

        var index = (ulong)offset / 8;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var each = 0; each < words.Length; each++)
            words[each] = Word(index + (ulong)each);
        var rest = bytes[(words.Length * 8)..];
        BinaryPrimitives.WriteUInt64LittleEndian(word, Word(index + (ulong)words.Length));
        word[..rest.Length].CopyTo(rest);
    }

    private ulong Word(ulong index)
    {
        var value = unchecked(seed + ((index + 1) * 0x9E3779B97F4A7C15UL));
        value = unchecked((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL);
        value = unchecked((value ^ (value >> 27)) * 0x94D049BB133111EBUL);
        return value ^ (value >> 31);
    }
}
