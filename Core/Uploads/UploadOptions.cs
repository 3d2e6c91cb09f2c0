using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Uploads;

public enum FileDigest
{
    Always,
    Asked,
}

[Settings("Uploads")]
public sealed class UploadOptions : IValidatableObject
{
    [Description("The largest upload in bytes.")]
    [Range(1L, long.MaxValue)]
    public long MaxSize { get; set; } = 1L << 40;

    [Description("The largest single chunk in bytes.")]
    [Range(1L << 16, long.MaxValue)]
    public long MaxChunkSize { get; set; } = 1L << 30;

    [Description("How long an unfinished upload may go without a byte before it is purged.")]
    [Range(typeof(TimeSpan), "00:00:10", "3650.00:00:00")]
    public TimeSpan IdleExpiry { get; set; } = TimeSpan.FromHours(24);

    [Description("The longest idle expiry that a client may ask for.")]
    [Range(typeof(TimeSpan), "00:00:10", "3650.00:00:00")]
    public TimeSpan MaxIdleExpiry { get; set; } = TimeSpan.FromDays(30);

    [Description("How long finished files are kept; not set: for ever.")]
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan? KeepFinishedFor { get; set; }

    [Description("How long a request may go without a byte before it is cut; every byte resets it.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan BodyIdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Description("How long a writer may be silent before a newcomer at the same offset takes over.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan TakeoverSilence { get; set; } = TimeSpan.FromSeconds(2);

    [Description("How long a newcomer waits for the former writer's last checkpoint.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan TakeoverWait { get; set; } = TimeSpan.FromSeconds(2);

    [Description("Bytes between two checkpoints of a stream.")]
    [Range(1L << 16, 1L << 40)]
    public long CheckpointBytes { get; set; } = 32L << 20;

    [Description("The longest time between two checkpoints of a stream that moves, while no more than 64 a second are due for that reason.")]
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(1);

    [Description("When the SHA-256 of a whole session or joined upload is computed that no client declared: Always (after completion; every byte is read and hashed once more) or Asked (never, unless a later complete call names one).")]
    public FileDigest FileDigest { get; set; } = FileDigest.Always;

    [Description("How long a complete call waits for the whole-file digest before it answers 202.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan CompleteWait { get; set; } = TimeSpan.FromSeconds(10);

    [Description("The first wait before a retry; it doubles with each failure in a row.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryBase { get; set; } = TimeSpan.FromMilliseconds(250);

    [Description("The longest wait before a retry.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan RetryCap { get; set; } = TimeSpan.FromSeconds(8);

    [Description("Bytes of chunks that are merged in one step; also the most that a session ever takes up twice.")]
    [Range(1L << 16, 1L << 40)]
    public long MergeBatchBytes { get; set; } = 64L << 20;

    [Description("How many uploads are merged at the same time, and how many are hashed.")]
    [Range(1, 64)]
    public int BackgroundWorkers { get; set; } = 2;

    [Description("How long merging and hashing leave an upload alone after a step: what came meanwhile is done together.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan BackgroundRest { get; set; } = TimeSpan.FromMilliseconds(250);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IdleExpiry > MaxIdleExpiry)
            yield return new ValidationResult("IdleExpiry must not be longer than MaxIdleExpiry.", [nameof(IdleExpiry)]);
        if (RetryBase > RetryCap)
            yield return new ValidationResult("RetryBase must not be longer than RetryCap.", [nameof(RetryBase)]);
    }
}
