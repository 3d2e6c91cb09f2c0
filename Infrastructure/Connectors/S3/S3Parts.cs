using System.Globalization;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Outbound;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Connectors.S3;

/// <summary>The parts of one upload, as far as the store has them.</summary>
internal sealed class S3Parts(S3Client client)
{
    private const int PartsOfPage = 1000;

    private readonly SortedDictionary<int, Part> _parts = [];

    /// <summary>How many bytes the store has without a gap.</summary>
    public long Accepted { get; private set; }

    public static int CountOf(long size, long partSize) => (int)((size + partSize - 1) / partSize);

    /// <summary>Gives up an upload; best effort.</summary>
    public static Task AbortAsync(S3Client client, S3Key key, string id, CancellationToken cancellationToken) => client.AskAsync(
        "AbortMultipartUpload",
        (s3, stop) => s3.AbortMultipartUploadAsync(
            new AbortMultipartUploadRequest { BucketName = key.Bucket, Key = key.Key, UploadId = id }, stop),
        cancellationToken);

    public bool IsWhole(long size) => Accepted == size;

    public async Task<Outcome<S3Upload>> BeginAsync(
        S3Key key, string type, string? time, long partSize, CancellationToken cancellationToken)
    {
        var begun = await client.Abilities.TryAsync(() => client.AskAsync(
            "CreateMultipartUpload",
            (s3, stop) =>
            {
                var request = new InitiateMultipartUploadRequest { BucketName = key.Bucket, Key = key.Key, ContentType = type };
                if (client.Abilities is { Checksums: true, Trailers: true })
                    request.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
                if (time is not null)
                    request.Metadata[S3Items.TimeName] = time;
                return s3.InitiateMultipartUploadAsync(request, stop);
            },
            cancellationToken));
        if (!begun.Ok)
            return begun.Fault;
        return begun.Value.UploadId is { Length: > 0 } id
            // A store that does not know the header leaves it out of its answer.
            ? new S3Upload(key.Bucket, key.Key, id, partSize, begun.Value.ChecksumAlgorithm == ChecksumAlgorithm.SHA256)
            : new StorageFault(FaultKind.Transient, "The storage began an upload without an id.");
    }

    /// <summary>Asks the store which parts it has.</summary>
    public async Task<Outcome<S3Upload>> LoadAsync(S3Upload upload, long size, CancellationToken cancellationToken)
    {
        _parts.Clear();
        Accepted = 0;
        for (string? marker = null; ;)
        {
            var after = marker;
            var answer = await client.AskAsync(
                "ListParts",
                (s3, stop) => s3.ListPartsAsync(
                    new ListPartsRequest
                    {
                        BucketName = upload.Bucket,
                        Key = upload.Key,
                        UploadId = upload.Id,
                        PartNumberMarker = after,
                        MaxParts = PartsOfPage,
                    },
                    stop),
                cancellationToken);
            if (!answer.Ok)
                return answer.Fault;
            if (AnswerLimits.CountFault(answer.Value.Parts?.Count ?? 0, PartsOfPage) is { } tooMany)
                return tooMany;
            foreach (var part in answer.Value.Parts ?? [])
                _parts[part.PartNumber ?? 0] = new Part(part.ETag, part.ChecksumSHA256, part.Size ?? 0);
            if (answer.Value.IsTruncated != true || answer.Value.NextPartNumberMarker is not { } next)
                break;
            // Without this check, a store that names the same part again and again would be asked forever.
            if (after is not null && next <= int.Parse(after, CultureInfo.InvariantCulture))
                return new StorageFault(FaultKind.Refused, "The storage lists the parts of an upload without an end.");
            marker = next.ToString(CultureInfo.InvariantCulture);
        }

        // Parts go in order. One of another size is from an upload that broke off, and is written again.
        for (var number = 1; _parts.TryGetValue(number, out var part); number++)
        {
            if (part.Size != Math.Min(upload.PartSize, size - Accepted) || part.Size == 0)
                break;
            Accepted += part.Size;
        }

        foreach (var late in _parts.Keys.Where(number => number > CountOf(Accepted, upload.PartSize)).ToList())
            _ = _parts.Remove(late);
        return upload;
    }

    public async Task<StorageFault?> PutAsync(S3Upload upload, long offset, IPiece piece, CancellationToken cancellationToken)
    {
        var number = checked((int)(offset / upload.PartSize)) + 1;
        for (var damaged = 0; ;)
        {
            var streams = upload.Checksums && client.Abilities.Trailers;
            var sent = await client.Abilities.TryAsync(() => SendAsync(upload, number, piece, cancellationToken));
            if (sent.Ok)
            {
                _parts[number] = sent.Value;
                Accepted = offset + piece.Length;
                return null;
            }

            // A body that is signed piece by piece and was damaged on its way has a wrong signature, although the key is right.
            var isDamaged = sent.Fault.Kind == FaultKind.Integrity
                || (streams && sent.Fault is { Kind: FaultKind.SignIn } && client.Settings.Endpoint?.Scheme == Uri.UriSchemeHttp);
            if (!isDamaged || damaged++ > 0)
                return sent.Fault;
        }
    }

    public async Task<Outcome<CompleteMultipartUploadResponse>> CompleteAsync(
        S3Upload upload, bool isNew, string? match, CancellationToken cancellationToken)
    {
        return await client.Abilities.TryAsync(() => client.SendAsync(
            "CompleteMultipartUpload",
            (s3, stop) => s3.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest
                {
                    BucketName = upload.Bucket,
                    Key = upload.Key,
                    UploadId = upload.Id,
                    IfNoneMatch = isNew && client.Abilities.Conditions ? "*" : null,
                    IfMatch = client.Abilities.Conditions ? S3Copies.Quoted(match) : null,
                    PartETags =
                    [
                        .. _parts.Select(part => new PartETag(part.Key, part.Value.Tag)
                        {
                            ChecksumSHA256 = upload.Checksums ? part.Value.Checksum : null,
                        }),
                    ],
                },
                stop),
            cancellationToken));
    }

    /// <summary>The tag of an object from parts is the MD5 of theirs, where these are MD5 too.</summary>
    public StorageFault? TagFault(string tag)
    {
        if (!client.Abilities.Md5Tags)
            return null;
#pragma warning disable CA5351 // By the protocol.
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
        foreach (var part in _parts.Values)
        {
            if (S3Items.Md5Of(part.Tag) is not { } one)
                return null;
            md5.AppendData(Convert.FromHexString(one));
        }

        return S3Items.Bare(tag) == $"{Convert.ToHexStringLower(md5.GetHashAndReset())}-{_parts.Count}"
            ? null
            : new StorageFault(FaultKind.Integrity, "The object that the storage made is not made of the parts that were sent.");
    }

    private async Task<Outcome<Part>> SendAsync(S3Upload upload, int number, IPiece piece, CancellationToken cancellationToken)
    {
        // Where the store keeps checksums, the piece is sent while it arrives and its SHA-256 follows it. Else its digests go before it, so
        // all of it must be here first.
        var streams = upload.Checksums && client.Abilities.Trailers;
        (byte[] Sha256, byte[] Md5)? digests = null;
        using var body = new PieceStream(piece, hashes: streams);
        if (!streams)
        {
            try
            {
                digests = await PieceStream.DigestsAsync(piece, cancellationToken);
            }
            catch (Exception reason) when (reason is not OperationCanceledException && S3Faults.OfNetwork(reason) is { } broken)
            {
                return broken;
            }
        }

        var sent = await client.SendAsync(
            "UploadPart",
            (s3, stop) =>
            {
                var request = new UploadPartRequest
                {
                    BucketName = upload.Bucket,
                    Key = upload.Key,
                    UploadId = upload.Id,
                    PartNumber = number,
                    PartSize = piece.Length,
                    InputStream = body,
                    UseChunkEncoding = streams,
                    DisableDefaultChecksumValidation = !streams,
                };
                if (streams)
                {
                    request.ChecksumAlgorithm = ChecksumAlgorithm.SHA256;
                    // TLS protects the body already.
                    request.DisablePayloadSigning = client.Settings.Endpoint?.Scheme != Uri.UriSchemeHttp;
                }
                else
                {
                    request.MD5Digest = Convert.ToBase64String(digests!.Value.Md5);
                    request.ChecksumSHA256 = upload.Checksums ? Convert.ToBase64String(digests.Value.Sha256) : null;
                }

                return s3.UploadPartAsync(request, stop);
            },
            cancellationToken);
        if (!sent.Ok)
            return sent.Fault;
        var (tag, ours) = (S3Items.Md5Of(sent.Value.ETag), digests is { } known ? Convert.ToHexStringLower(known.Md5) : body.Md5());
        if (tag is not null && tag == ours)
            client.Abilities.Md5Tags = true;
        else if (tag is not null && client.Abilities.Md5Tags && S3Items.HasMd5Tag(sent.Value.ServerSideEncryptionMethod))
            return new StorageFault(FaultKind.Integrity, "A part did not arrive as it was sent.");
        return string.IsNullOrEmpty(sent.Value.ETag)
            ? new StorageFault(FaultKind.Transient, "The storage took a part, and named no tag for it.")
            : new Part(sent.Value.ETag, sent.Value.ChecksumSHA256, piece.Length);
    }

    private sealed record Part(string Tag, string? Checksum, long Size);
}
