using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Connections;

[Settings("Connections")]
public sealed class ConnectionOptions : IValidatableObject
{
    [Description("Whether connections may reach addresses of this machine and of private networks. Users choose the addresses of some "
        + "kinds of storage: true lets them reach whatever this machine reaches. Operators whose storage runs beside the service set it.")]
    public bool AllowPrivateNetworks { get; set; }

    [Description("Folders of this machine that users may transfer from or to, each as NAME|PATH|DIRECTION|WHO: DIRECTION is read, write or "
        + "both; WHO are user names, tenant:NAME, operator or everyone, with blanks between them, as in photos|/srv/photos|read|ann ben. "
        + "Other users do not see the folder. Operators with files on a disk of their own set it.")]
    public string[] Folders { get; set; } = [];

    /// <summary>The maximum number of connections of a user.</summary>
    public int MostPerUser { get; internal set; } = 50;

    public IEnumerable<LocalFolder> LocalFolders => Folders.Select(text => LocalFolder.Parse(text, out _)!);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in Folders)
        {
            if (LocalFolder.Parse(text, out var fault) is not { } folder)
                yield return new ValidationResult($"Connections:Folders: \"{text}\": {fault}.");
            else if (!names.Add(folder.Name))
                yield return new ValidationResult($"Connections:Folders has two folders called {folder.Name}.");
        }
    }
}
