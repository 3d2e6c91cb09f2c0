using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ChunkUpload.Core.Options;

/// <summary>The directory that holds everything of this service.</summary>
[Settings("Data")]
public sealed class DataOptions
{
    [Required]
    [Description("The data directory: uploaded bytes, the operator key and, without a connection string, the database. Made an absolute "
        + "path at start. Operators name a folder on the disk that has the room.")]
    public string Directory { get; set; } = "./data";
}
