using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Model;

/// <summary>128 random bits, written as 32 lower-case hexadecimal digits. No other spelling is accepted.</summary>
public readonly record struct UploadId(Guid Value)
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static UploadId New() => new(FreshGuid.Next());

    public static bool TryParse([NotNullWhen(true)] string? text, out UploadId id)
    {
        id = default;
        if (text is not { Length: 32 } || text.AsSpan().ContainsAnyExcept(Digits))
            return false;
        id = new UploadId(Guid.ParseExact(text, "N"));
        return true;
    }

    public override string ToString() => Value.ToString("N");
}
