using System.Text.Json;
using Amazon.S3.Model;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Storage.S3;

/// <summary>The object that says which store a bucket's folder is, and whose: as the file <c>volume.json</c> of a data directory.</summary>
internal sealed record BucketMarker(Guid Id, Guid Ledger, int FormatVersion)
{
    public const string Name = "chunkupload.json";

    private const int KnownFormat = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static BucketMarker New(Guid id, Guid ledger) => new(id, ledger, KnownFormat);

    /// <summary>Returns <c>null</c> if there is none.</summary>
    /// <exception cref="BucketException">The bucket does not answer, or refuses.</exception>
    /// <exception cref="StartRefusedException">The marker cannot be read, or has an unknown format.</exception>
    public static async Task<BucketMarker?> FindAsync(BucketClient client, CancellationToken cancellationToken)
    {
        BucketMarker? marker = null;
        try
        {
            using var bytes = new MemoryStream();
            using (var answer = await client.SendAsync(
                (s3, stop) => s3.GetObjectAsync(
                    new GetObjectRequest { BucketName = client.Bucket, Key = client.Folder + Name }, stop),
                cancellationToken))
                await answer.ResponseStream.CopyToAsync(bytes, cancellationToken);
            marker = JsonSerializer.Deserialize<BucketMarker>(bytes.ToArray(), Json);
        }
        catch (JsonException)
        {
        }
        catch (BucketException reason) when (reason.IsNoSuchKey)
        {
            return null;
        }
        catch (Exception reason) when (!cancellationToken.IsCancellationRequested && client.Failed(reason) is { } failure)
        {
            throw failure;
        }

        if (marker is null || marker.FormatVersion < 1 || marker.Id == Guid.Empty || marker.Ledger == Guid.Empty)
            throw new StartRefusedException($"The marker {Name} of the bucket {client.Name} is not readable: bring it back from a backup.");
        if (marker.FormatVersion != KnownFormat)
        {
            throw new StartRefusedException($"The marker {Name} of the bucket {client.Name} has format {marker.FormatVersion}, and this "
                + $"version of ChunkUpload knows only format {KnownFormat}: start the version that last used it.");
        }

        return marker;
    }

    /// <summary>Writes the marker unless there is one by now, if the storage can tell.</summary>
    public async Task WriteAsync(BucketClient client, CancellationToken cancellationToken)
    {
        try
        {
            _ = await PutAsync(client, isNew: true, cancellationToken);
        }
        catch (BucketException reason) when (reason.IsTaken)
        {
        }
        catch (BucketException reason) when (reason.IsUnknown)
        {
            _ = await PutAsync(client, isNew: false, cancellationToken);
        }
    }

    private Task<PutObjectResponse> PutAsync(BucketClient client, bool isNew, CancellationToken cancellationToken) => client.SendAsync(
        (s3, stop) => s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = client.Bucket,
                Key = client.Folder + Name,
                ContentType = "application/json",
                InputStream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(this, Json)),
                UseChunkEncoding = false,
                DisableDefaultChecksumValidation = true,
                IfNoneMatch = isNew ? "*" : null,
            },
            stop),
        cancellationToken);
}
