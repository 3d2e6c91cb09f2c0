using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Outbound.S3;

namespace ChunkUpload.Infrastructure.Storage.S3;

[Settings("Storage:S3")]
internal sealed class BucketOptions : IValidatableObject
{
    [SameOnAllNodes]
    [Description("The bucket for files, which all nodes reach. Operators set it; docs/cluster.md has the steps.")]
    public string? Bucket { get; set; }

    [SameOnAllNodes]
    [Description("A folder in the bucket, such as uploads/main. Not set: the whole bucket, without other objects.")]
    public string? Folder { get; set; }

    [Description("The address of the storage, such as https://s3.example.org. Not set: Amazon's, in the region.")]
    public string? Endpoint { get; set; }

    [Description("The region of the bucket, such as eu-central-1. Amazon needs it.")]
    public string? Region { get; set; }

    [Description("The id of an access key that may list the bucket and change what is in the folder.")]
    public string? AccessKeyId { get; set; }

    [Secret]
    [Description("The secret of the access key.")]
    public string? SecretAccessKey { get; set; }

    [Description("The age at which finished files move to the bucket, such as 7d. Not set: none.")]
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan? MoveAfter { get; set; }

    [Description("Receives uploads into the bucket instead of the disk; docs/cluster.md says when.")]
    public bool Receive { get; set; }

    [Description("The memory for bytes on their way into the bucket.")]
    [Range(32L << 20, 1L << 40)]
    public long Memory { get; set; } = 256L << 20;

    /// <summary>Gets a value that indicates whether there is a bucket.</summary>
    public bool IsSet => Bucket is { Length: > 0 };

    public AccessKey Key => new(AccessKeyId!, SecretAccessKey!);

    public S3Settings Settings => Read(out _)!;

    public SharedReception Reception(OtherStores stores) => new(Receive && IsSet, Memory, stores);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsSet)
        {
            if (MoveAfter is not null || Receive
                || new[] { Folder, Endpoint, Region, AccessKeyId, SecretAccessKey }.Any(text => text is { Length: > 0 }))
                yield return new ValidationResult("Storage:S3 needs the name of a bucket, Storage:S3:Bucket.", [nameof(Bucket)]);
            yield break;
        }

        // Each sentence begins with the name of a setting.
        if (Read(out var fault) is null)
            yield return new ValidationResult($"Storage:S3:{char.ToUpperInvariant(fault![0])}{fault[1..]}", [nameof(Bucket)]);
        if (AccessKeyId is not { Length: > 0 } || SecretAccessKey is not { Length: > 0 })
        {
            yield return new ValidationResult(
                "Storage:S3 needs an access key: Storage:S3:AccessKeyId and Storage:S3:SecretAccessKey.", [nameof(AccessKeyId)]);
        }
    }

    private S3Settings? Read(out string? fault)
    {
        var named = new Dictionary<string, string?>
        {
            ["bucket"] = Bucket,
            ["prefix"] = Folder,
            ["endpoint"] = Endpoint,
            ["region"] = Region,
        };
        var settings = S3Settings.Read(
            named.Where(pair => pair.Value is { Length: > 0 }).ToDictionary(pair => pair.Key, pair => pair.Value!), plain: true, out fault);
        fault = fault?.Replace("prefix", "folder", StringComparison.Ordinal);
        return settings;
    }
}
