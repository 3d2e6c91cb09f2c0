using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus;

/// <summary>What the headers of a PATCH say, read once and without taking memory.</summary>
internal readonly struct PatchHeaders
{
    private readonly long _offset;
    private readonly long _length;

    private PatchHeaders(HttpRequest request, TusOptions options)
    {
        Encoded = IsEncoded(request.Headers.ContentEncoding);
        IsOffsetType = OffsetMediaType.Is(request.ContentType);
        OffsetReading = NumberField.Read(request.Headers[TusHeaders.UploadOffset], out _offset);
        LengthReading = NumberField.Read(request.Headers[TusHeaders.UploadLength], out _length);
        Checksum = ChecksumHeader.Read(request, options);
    }

    public static PatchHeaders Read(HttpRequest request, TusOptions options) => new(request, options);

    /// <summary>The bytes are not the file's own but those of a coding.</summary>
    public bool Encoded { get; }

    public bool IsOffsetType { get; }

    public Reading OffsetReading { get; }

    public Reading LengthReading { get; }

    public ChecksumHeader Checksum { get; }

    public long Offset => _offset;

    /// <summary>The upload's length, declared with this request.</summary>
    public long? Length => LengthReading == Reading.Found ? _length : null;

    public bool Faulty =>
        Encoded || !IsOffsetType || OffsetReading != Reading.Found || LengthReading is not (Reading.Absent or Reading.Found)
            || Checksum.IsFaulty;

    public static bool IsEncoded(StringValues contentEncoding)
    {
        foreach (var line in contentEncoding)
        {
            if (!line.AsSpan().Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
