using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Storage;

public enum Durability
{
    /// <summary>Acknowledged bytes survive a power loss.</summary>
    Committed = 1,

    /// <summary>Bytes are flushed at completion only.</summary>
    Relaxed,
}

public enum VerifyAfterWrite
{
    /// <summary>Checks the written length.</summary>
    Length = 1,

    /// <summary>Reads every chunk back from the device and compares it.</summary>
    Full,
}

[Settings("Storage")]
public sealed class StorageOptions
{
    [Description("When bytes are made durable: Committed (before every acknowledgement) or Relaxed (at completion only). Operators set "
        + "Relaxed where files can be sent again after a power cut.")]
    public Durability Durability { get; set; } = Durability.Committed;

    [Description("Long runs of bytes go to the device, and for a first download come from it, without the detour through the page cache, "
        + "where the file system can: less processor time, and no other file is driven out of memory. Uploads over TLS or HTTP/2, or "
        + "in chunked transfer coding, come in short runs and take the detour. Only with Durability Committed. Operators set false on "
        + "file systems that are slow with it.")]
    public bool DirectWrites { get; set; } = true;

    [Description("What is checked after a chunk was written: Length, or Full (read back from the device and compared). Operators who do "
        + "not trust their disks set Full.")]
    public VerifyAfterWrite VerifyAfterWrite { get; set; } = VerifyAfterWrite.Length;

    [Description("Free bytes that uploads may not use; below them new bytes are refused with 507. Operators raise it where other "
        + "programs, or PostgreSQL, need room on the same disk.")]
    [Range(0L, 1L << 50)]
    public long ReserveBytes { get; set; } = 512L << 20;

    [Description("How long an orphaned file lies in the trash before it is removed. Operators with little room shorten it.")]
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan TrashKeep { get; set; } = TimeSpan.FromDays(7);
}
