using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// The JSON contract of projects, which third-party apps use: names have underscores, ids have hyphens, and unknown fields of a body are
/// ignored, so that fields can be added.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    AllowDuplicateProperties = false,
    MaxDepth = 16,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(NewProjectBody))]
[JsonSerializable(typeof(ProjectChangeBody))]
[JsonSerializable(typeof(ProjectView))]
[JsonSerializable(typeof(ProjectsView))]
[JsonSerializable(typeof(ProjectMembersView))]
[JsonSerializable(typeof(ProjectMemberChangeBody))]
[JsonSerializable(typeof(NewFolderBody))]
[JsonSerializable(typeof(FolderChangeBody))]
[JsonSerializable(typeof(NewInvitationBody))]
[JsonSerializable(typeof(InvitationTokenBody))]
[JsonSerializable(typeof(InvitationView))]
[JsonSerializable(typeof(InvitationsView))]
[JsonSerializable(typeof(OfferView))]
[JsonSerializable(typeof(ServedFolderView))]
[JsonSerializable(typeof(ServedFoldersView))]
[JsonSerializable(typeof(FilesUpdateBody))]
[JsonSerializable(typeof(FilesUpdatedView))]
[JsonSerializable(typeof(RemoteFilesView))]
[JsonSerializable(typeof(ProjectEventsView))]
[JsonSerializable(typeof(NewDeviceBody))]
[JsonSerializable(typeof(DeviceChangeBody))]
[JsonSerializable(typeof(ProjectDeviceView))]
[JsonSerializable(typeof(DevicesView))]
[JsonSerializable(typeof(ProjectRulesChangeBody))]
[JsonSerializable(typeof(ProjectRulesView))]
[JsonSerializable(typeof(FileRequestBody))]
[JsonSerializable(typeof(FileTransferChangeBody))]
[JsonSerializable(typeof(TransferAnswerBody))]
[JsonSerializable(typeof(FileDownloadView))]
[JsonSerializable(typeof(FileTransferView))]
[JsonSerializable(typeof(FileTransfersView))]
[JsonSerializable(typeof(FileBatchView))]
[JsonSerializable(typeof(FileBatchesView))]
[JsonSerializable(typeof(FilesAskedView))]
internal sealed partial class ProjectJson : JsonSerializerContext
{
    /// <summary>The contract for responses.</summary>
    public static ProjectJson Out => Relaxed.Context;

    /// <summary>The contract for request bodies.</summary>
    public static ProjectJson In => Default;

    // A nested class, so that the generated Default is initialized first.
    private static class Relaxed
    {
        public static readonly ProjectJson Context =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
