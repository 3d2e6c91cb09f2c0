using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Core.Tree;

internal static class EntryAdmission
{
    /// <summary>Returns why an entry cannot get this name, or null. Folders and unchanged names are never refused.</summary>
    public static UploadFailure? RefuseName(this Admission admission, Caller caller, Entry entry, string name) =>
        entry.Kind == EntryKind.File && entry.Name != name ? admission.RefuseName(caller, name) : null;
}
