using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>What the headers of a creation say; what is wrong with them is for <see cref="CreateRules"/> to tell.</summary>
internal sealed class CreateHeaders
{
    private CreateHeaders(HttpRequest request, TusOptions options)
    {
        var headers = request.Headers;
        Encoded = PatchHeaders.IsEncoded(headers.ContentEncoding);
        IsOffsetType = OffsetMediaType.Is(request.ContentType);
        ConcatReading = ConcatField.Read(headers[TusHeaders.UploadConcat], out var concat, out var urls);
        Concat = concat;
        ConcatRaw = ConcatReading == Reading.Found ? headers[TusHeaders.UploadConcat].ToString() : null;
        if (concat == ConcatKind.Final)
            ReadParts(request, urls);
        LengthReading = NumberField.Read(headers[TusHeaders.UploadLength], out var length);
        Length = LengthReading == Reading.Found ? length : null;
        DeferReading = DeferLengthField.Read(headers[TusHeaders.UploadDeferLength]);
        MetadataReading = MetadataField.Read(headers[TusHeaders.UploadMetadata], options.MaxMetadataSize, out var metadata, out var fault);
        (Metadata, MetadataFault) = (metadata, fault);
        Checksum = ChecksumHeader.Read(request, options);
    }

    public static CreateHeaders Read(HttpRequest request, TusOptions options) => new(request, options);

    public bool Encoded { get; }

    public bool IsOffsetType { get; }

    public Reading ConcatReading { get; }

    public ConcatKind Concat { get; }

    public string? ConcatRaw { get; }

    /// <summary>Of a final upload, as listed: one may stand there twice.</summary>
    public List<UploadId> Parts { get; } = [];

    /// <summary>The first address that is none of ours.</summary>
    public string? StrangePart { get; private set; }

    public Reading LengthReading { get; }

    public long? Length { get; }

    public Reading DeferReading { get; }

    public Reading MetadataReading { get; }

    public MetadataField? Metadata { get; }

    public string MetadataFault { get; }

    public ChecksumHeader Checksum { get; }

    private void ReadParts(HttpRequest request, ReadOnlySpan<char> urls)
    {
        // Behind a proxy the addresses that we gave out have its prefix; inside they have none.
        var outside = PublicAddress.PathOf(request, TusRoutes.Root);
        foreach (var url in ConcatField.Split(urls))
        {
            if (UploadUrl.TryRead(url, outside, out var id) || UploadUrl.TryRead(url, TusRoutes.Root, out id))
            {
                Parts.Add(id);
                // One more tells that there are too many.
                if (Parts.Count > UploadJoiner.MaxParts)
                    return;
                continue;
            }

            StrangePart = url.Length > 200 ? $"{url[..200]}…" : url.ToString();
            return;
        }
    }
}
