using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Model;

public enum FileDigest
{
    Always,
    Asked,
}

[Settings("Uploads")]
public sealed class UploadOptions
{
    private static readonly TimeSpan LongestAsked = TimeSpan.FromDays(30);

    [SameOnAllNodes]
    [Description("The largest upload in bytes. Operators lower it to protect their disks.")]
    [Range(1L, long.MaxValue)]
    public long MaxSize { get; set; } = 1L << 40;

    /// <summary>The largest single chunk of a session, in bytes.</summary>
    public long MaxChunkSize { get; internal set; } = 1L << 30;

    [SameOnAllNodes]
    [Description("How long an unfinished upload may go without a byte before it is purged. Operators whose clients return after days "
        + "raise it.")]
    [Range(typeof(TimeSpan), "00:00:10", "3650.00:00:00")]
    public TimeSpan IdleExpiry { get; set; } = TimeSpan.FromHours(24);

    /// <summary>The longest idle expiry that a client may request; a longer default of the operator raises it.</summary>
    public TimeSpan MaxIdleExpiry => IdleExpiry > LongestAsked ? IdleExpiry : LongestAsked;

    [SameOnAllNodes]
    [Description("How long finished uploads without a place in the tree are kept; not set: for ever. For operators whose app fetches "
        + "files and does not delete them.")]
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan? KeepFinishedFor { get; set; }

    [Description("How long a request may go without a byte before it is aborted; every byte resets it. Operators whose clients lose the "
        + "network for longer raise it.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan BodyIdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a writer may be silent before a newer request at the same offset takes over. Longer than a packet's retransmission takes.
    /// </summary>
    public TimeSpan TakeoverSilence { get; internal set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a newer request waits for the previous writer's last checkpoint: a flush and a commit on a busy disk.</summary>
    public TimeSpan TakeoverWait { get; internal set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Bytes between two checkpoints of a stream. After a crash, a sender of more than 8 MiB/s resends that much in less than four seconds.
    /// </summary>
    public long CheckpointBytes { get; internal set; } = 32L << 20;

    /// <summary>
    /// The longest time between two checkpoints of a stream that receives bytes, while at most 64 a second are due for that reason.
    /// </summary>
    public TimeSpan CheckpointInterval { get; internal set; } = TimeSpan.FromSeconds(1);

    [SameOnAllNodes]
    [Description("When a SHA-256 of a whole session or joined upload is computed although no client declared one: Always (after "
        + "completion; every byte is read and hashed once more) or Asked (never, unless a later complete call names one). Operators who "
        + "need no digest of whole files set Asked.")]
    public FileDigest FileDigest { get; set; } = FileDigest.Always;

    /// <summary>
    /// How long a complete call waits for the whole-file digest before it answers 202; shorter than the timeouts of clients and proxies.
    /// </summary>
    public TimeSpan CompleteWait { get; internal set; } = TimeSpan.FromSeconds(10);

    /// <summary>The first wait before a retry. It doubles with each consecutive failure.</summary>
    public TimeSpan RetryBase { get; internal set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The maximum wait before a retry.</summary>
    public TimeSpan RetryCap { get; internal set; } = TimeSpan.FromSeconds(8);

    /// <summary>Bytes of chunks merged in one step; also the most bytes of a session that are on the disk twice.</summary>
    public long MergeBatchBytes { get; internal set; } = 64L << 20;

    [SameOnAllNodes]
    [Description("Whether DELETE at the protocols' own addresses (tus, IETF) deletes a finished upload's file; false for operators whose "
        + "upload clients must not.")]
    public bool DeleteFinished { get; set; } = true;

    /// <summary>How many uploads are merged at the same time, and how many are hashed: more would slow down the disk for clients.</summary>
    public int BackgroundWorkers { get; internal set; } = 2;

    /// <summary>
    /// The pause between two passes of merging or hashing of an upload. Chunks that arrive in between are processed in the next pass.
    /// </summary>
    public TimeSpan BackgroundRest { get; internal set; } = TimeSpan.FromMilliseconds(250);
}
