using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Generated content: any range can be made again from its seed, so nothing needs to be stored.</summary>
internal static class Material
{
    private const int Buffer = 64 << 10;

    public static byte[] Bytes(ulong seed, long offset, long length)
    {
        var bytes = new byte[length];
        Fill(seed, offset, bytes);
        return bytes;
    }

    public static void Fill(ulong seed, long offset, Span<byte> into)
    {
        Span<byte> word = stackalloc byte[8];
        for (var at = 0; at < into.Length;)
        {
            var position = offset + at;
            var (skip, left) = ((int)(position & 7), into.Length - at);
            var value = Mix(seed ^ (ulong)(position >> 3) * 0x9E3779B97F4A7C15);
            if (skip == 0 && left >= word.Length)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(into[at..], value);
                at += word.Length;
                continue;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            var part = word[skip..Math.Min(word.Length, skip + left)];
            part.CopyTo(into[at..]);
            at += part.Length;
        }
    }

    public static string Sha256(ulong seed, long offset, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, seed, offset, length);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static void Append(IncrementalHash hash, ulong seed, long offset, long length)
    {
        var buffer = new byte[Math.Min(Buffer, length)];
        for (long at = 0; at < length; at += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at));
            Fill(seed, offset + at, part);
            hash.AppendData(part);
        }
    }

    // splitmix64
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
