using System.Collections.Concurrent;
using Microsoft.AspNetCore.StaticFiles;

namespace ChunkUpload.Api;

/// <summary>
/// Serves the files of wwwroot. Each is read and compressed once, and again after it has changed. If a compressed file exists, it is sent.
/// </summary>
internal sealed class PageFiles(IWebHostEnvironment environment)
{
    private readonly FileExtensionContentTypeProvider _types = new();
    // The key is the file's path on the disk, because a client may write the path in an address in many ways.
    private readonly ConcurrentDictionary<string, (DateTimeOffset ModifiedAt, SharedBytes Bytes)> _files = new();

    /// <summary>Returns the file of an address and its content type; null if there is none.</summary>
    public async Task<(SharedBytes Bytes, string Type)?> FindAsync(PathString address, CancellationToken cancellationToken)
    {
        var file = environment.WebRootFileProvider.GetFileInfo(address.Value!);
        if (!file.Exists || file.IsDirectory || file.PhysicalPath is not { } path || !_types.TryGetContentType(path, out var type))
            return null;
        if (!_files.TryGetValue(path, out var known) || known.ModifiedAt != file.LastModified)
        {
            var compressed = path + ".br";
            known = (file.LastModified, new SharedBytes(
                await File.ReadAllBytesAsync(path, cancellationToken),
                File.Exists(compressed) ? await File.ReadAllBytesAsync(compressed, cancellationToken) : null));
            _files[path] = known;
        }

        return (known.Bytes, type);
    }
}
