using System.Globalization;
using System.Text.Json;
using ChunkUpload.Api.Events;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// The messages of <see cref="ProjectSocket"/> about requested files: requests for the device's user, and progress for the requester.
/// Events only contain ids; names are read from the rows that the caller may see.
/// </summary>
internal sealed class OwnTransferMessages(Guid project, Caller caller, IFileTransferLedger transfers)
{
    private const int MostWaiting = 200;
    private const double Mebibyte = 1 << 20;
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB"];

    public static bool Concerns(StreamMessage message) =>
        message.Name is "progress" || EventKinds.Find(message.Name)?.Topic is TopicKinds.Device or TopicKinds.FileTransfer;

    /// <summary>Returns one message for each transfer that waits for the device of the caller's key, which has just reconnected.</summary>
    public async Task<IReadOnlyList<byte[]>> WaitingAsync(CancellationToken cancellationToken) => caller.ApiKey is null
        ? []
        :
        [
            .. (await transfers.ListAsync(
                caller, project, new FileTransferQuery(FileTransferList.Serving, [FileTransferStatus.Pending], null, MostWaiting),
                cancellationToken)).DistinctBy(one => one.Batch ?? one.Id).Select(Requested),
        ];

    /// <returns><c>null</c> if it concerns something else, or a transfer that the caller does not see.</returns>
    public async Task<byte[]?> OfAsync(StreamMessage message, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(message.Json);
        var topic = json.RootElement.GetProperty("topic");
        var isRequest = message.Name == EventKinds.FileRequested.Name;
        if (!isRequest && topic.GetProperty("kind").GetString() != TopicKinds.FileTransfer)
            return null;
        var named = isRequest ? json.RootElement.GetProperty("data").GetProperty("transfer") : topic.GetProperty("id");
        if (!Guid.TryParse(named.GetString(), out var id)
            || await transfers.FindAsync(caller, project, id, cancellationToken) is not { } transfer)
            return null;
        if (isRequest)
            return transfer.Source.User == caller.User ? Requested(transfer) : null;
        if (!transfer.IsAskedBy(caller))
            return null;
        return message.Name == "progress" ? Progress(transfer, json.RootElement) : Ended(transfer);
    }

    private static byte[] Requested(FileTransfer transfer) => ProjectMessages.Message("file_requested", writer =>
    {
        var who = transfer.RequesterName.Length > 0 ? transfer.RequesterName : transfer.Requester;
        var file = transfer.Path[(transfer.Path.LastIndexOf('/') + 1)..];
        writer.WriteString("transfer_id", transfer.Id);
        writer.WriteString("message", $"User {who} requested {file} (size: {SizeOf(transfer.Size)})");
        writer.WriteString("file_path", transfer.Path);
        writer.WriteNumber("size", transfer.Size);
    });

    private static byte[] Progress(FileTransfer transfer, JsonElement progress) => ProjectMessages.Message(
        "file_transfer_progress", writer =>
        {
            var done = Math.Min(transfer.Size, progress.GetProperty("received").GetInt64());
            var speed = progress.GetProperty("speed").GetInt64() is > 0 and var bytes ? bytes : (double?)null;
            WriteFile(writer, transfer);
            writer.WriteString("status", FileTransferWords.Of(transfer.Status));
            writer.WriteNumber("percent", transfer.Size > 0 ? Math.Round(100.0 * done / transfer.Size, 1) : 0);
            WriteNumber(writer, "speed_mbps", speed / Mebibyte, 2);
            WriteNumber(writer, "eta_seconds", speed > 0 ? (transfer.Size - done) / speed : null, 0);
        });

    private static byte[] Ended(FileTransfer transfer) => transfer.Status == FileTransferStatus.Completed
        ? ProjectMessages.Message("file_transfer_complete", writer =>
        {
            WriteFile(writer, transfer);
            writer.WriteString("hash", transfer.Hash is { } hash ? Convert.ToHexStringLower(hash) : null);
            writer.WriteNumber("size", transfer.Size);
            writer.WriteString(
                "completed_at", transfer.EndedAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        })
        : ProjectMessages.Message("file_transfer_failed", writer =>
        {
            WriteFile(writer, transfer);
            writer.WriteString("status", FileTransferWords.Of(transfer.Status));
            writer.WriteString("error_code", transfer.ErrorCode);
            writer.WriteString("error_message", transfer.ErrorMessage);
        });

    private static void WriteFile(Utf8JsonWriter writer, FileTransfer transfer)
    {
        writer.WriteString("transfer_id", transfer.Id);
        writer.WriteString("file_path", transfer.Path);
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value, int digits)
    {
        if (value is { } number)
            writer.WriteNumber(name, Math.Round(number, digits));
        else
            writer.WriteNull(name);
    }

    private static string SizeOf(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1000 && unit < Units.Length - 1; unit++)
            value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#}{Units[unit]}");
    }
}
