using ChunkUpload.Api.Tus.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Api.Tus;

/// <summary>The parsed headers of a PATCH, parsed once and without allocation.</summary>
internal readonly struct PatchHeaders
{
    private readonly long _offset;
    private readonly long _length;

    private PatchHeaders(HttpRequest request, TusOptions options)
    {
        Encoded = IsEncoded(request.Headers.ContentEncoding);
        IsOffsetType = OffsetMediaType.Is(request.ContentType);
        OffsetStatus = NumberField.Read(request.Headers[TusHeaders.UploadOffset], out _offset);
        LengthStatus = NumberField.Read(request.Headers[TusHeaders.UploadLength], out _length);
        Checksum = ChecksumHeader.Read(request, options);
    }

    public static PatchHeaders Read(HttpRequest request, TusOptions options) => new(request, options);

    /// <summary>Whether the body has a content coding.</summary>
    public bool Encoded { get; }

    public bool IsOffsetType { get; }

    public FieldStatus OffsetStatus { get; }

    public FieldStatus LengthStatus { get; }

    public ChecksumHeader Checksum { get; }

    public long Offset => _offset;

    /// <summary>The upload's length, declared with this request.</summary>
    public long? Length => LengthStatus == FieldStatus.Found ? _length : null;

    public bool HasFault =>
        Encoded || !IsOffsetType || OffsetStatus != FieldStatus.Found || LengthStatus is not (FieldStatus.Absent or FieldStatus.Found)
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
