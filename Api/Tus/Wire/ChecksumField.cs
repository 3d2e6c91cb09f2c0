using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ChunkUpload.Api.Tus.Checksums;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus.Wire;

internal enum ChecksumReading
{
    Absent,
    Found,

    /// <summary>The algorithm, the space or the base64 value is missing.</summary>
    Malformed,
    UnknownAlgorithm,

    /// <summary>More than one line.</summary>
    Contradictory,
}

/// <summary>
/// Parses <c>Upload-Checksum: sha1 base64</c> of a header or trailer. It lives on the stack: a checksum allocates nothing.
/// </summary>
internal struct ChecksumField
{
    private const int Longest = 64;

    private Bytes _bytes;
    private int _length;

    public ChecksumAlgorithm Algorithm { get; private set; }

    /// <summary>The digest in the length that the client sent; a wrong length matches nothing (T114).</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Digest => ((ReadOnlySpan<byte>)_bytes)[.._length];

    public static ChecksumReading Read(StringValues field, out ChecksumField checksum)
    {
        checksum = default;
        if (field.Count == 0)
            return ChecksumReading.Absent;
        if (field.Count > 1)
            return ChecksumReading.Contradictory;
        var value = field[0].AsSpan();
        var blank = value.IndexOf(' ');
        if (blank <= 0)
            return ChecksumReading.Malformed;
        if (!ChecksumAlgorithms.TryParse(value[..blank], out var algorithm))
            return ChecksumReading.UnknownAlgorithm;
        checksum.Algorithm = algorithm;
        return checksum.TryDecode(value[(blank + 1)..]) ? ChecksumReading.Found : ChecksumReading.Malformed;
    }

    private bool TryDecode(ReadOnlySpan<char> base64)
    {
        if (base64.IsEmpty || !Base64Text.Is(base64))
            return false;
        // A digest longer than any algorithm's matches nothing; an empty one expresses that.
        if (base64.Length / 4 * 3 > Longest + 2 || !Convert.TryFromBase64Chars(base64, _bytes, out _length))
            _length = 0;
        return true;
    }

    [InlineArray(Longest)]
    private struct Bytes
    {
        private byte _first;
    }
}
