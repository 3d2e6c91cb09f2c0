using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Tus.Wire;

namespace ChunkUpload.Api.Tus;

/// <summary>The parsed headers of a creation; <see cref="CreateRules"/> validates them.</summary>
internal sealed class CreateHeaders
{
    private CreateHeaders(HttpRequest request, TusOptions options)
    {
        var headers = request.Headers;
        Encoded = PatchHeaders.IsEncoded(headers.ContentEncoding);
        IsOffsetType = OffsetMediaType.Is(request.ContentType);
        ConcatStatus = ConcatField.Read(headers[TusHeaders.UploadConcat], out var concat, out var urls);
        Concat = concat;
        ConcatRaw = ConcatStatus == FieldStatus.Found ? headers[TusHeaders.UploadConcat].ToString() : null;
        // The header is stored, but must not contain the token.
        if (request.HttpContext.Features.Get<LinkRequest>() is { } link)
            ConcatRaw = ConcatRaw?.Replace(link.Base, "", StringComparison.Ordinal);
        if (concat == ConcatKind.Final)
            ReadParts(request, urls);
        LengthStatus = NumberField.Read(headers[TusHeaders.UploadLength], out var length);
        Length = LengthStatus == FieldStatus.Found ? length : null;
        DeferStatus = DeferLengthField.Read(headers[TusHeaders.UploadDeferLength]);
        MetadataStatus = MetadataField.Read(headers[TusHeaders.UploadMetadata], out var metadata, out var fault);
        (Metadata, MetadataFault) = (metadata, fault);
        Checksum = ChecksumHeader.Read(request, options);
    }

    public static CreateHeaders Read(HttpRequest request, TusOptions options) => new(request, options);

    public bool Encoded { get; }

    public bool IsOffsetType { get; }

    public FieldStatus ConcatStatus { get; }

    public ConcatKind Concat { get; }

    public string? ConcatRaw { get; }

    /// <summary>The parts of a final upload in listed order; a part may occur more than once.</summary>
    public List<UploadId> Parts { get; } = [];

    /// <summary>The first address that is not one of this service.</summary>
    public string? ForeignPart { get; private set; }

    public FieldStatus LengthStatus { get; }

    public long? Length { get; }

    public FieldStatus DeferStatus { get; }

    public FieldStatus MetadataStatus { get; }

    public MetadataField? Metadata { get; }

    public string MetadataFault { get; }

    public ChecksumHeader Checksum { get; }

    private void ReadParts(HttpRequest request, ReadOnlySpan<char> urls)
    {
        // Behind a proxy, the addresses sent to clients have its prefix, which internal addresses have not.
        var outside = LinkAddress.PathOf(request, TusRoutes.Root);
        foreach (var url in ConcatField.Split(urls))
        {
            if (UploadUrl.TryRead(url, outside, out var id) || UploadUrl.TryRead(url, TusRoutes.Root, out id))
            {
                Parts.Add(id);
                // Stop after one part more than permitted; that is enough to refuse the list.
                if (Parts.Count > UploadJoiner.MaxParts)
                    return;
                continue;
            }

            // Through a link the address may contain a token, which must not be repeated in a response.
            ForeignPart = request.HttpContext.Features.Get<LinkRequest>() is not null ? "One of the parts"
                : url.Length > 200 ? $"{url[..200]}…" : url.ToString();
            return;
        }
    }
}
