using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Uploads;

/// <summary>Where finished uploads lie in the trees.</summary>
public interface IFilePlaces
{
    /// <returns>The names from the root of a space; null if the upload lies nowhere where the caller sees it.</returns>
    [Query]
    Task<IReadOnlyList<string>?> PlaceOfAsync(Caller caller, UploadId upload, CancellationToken cancellationToken);
}
