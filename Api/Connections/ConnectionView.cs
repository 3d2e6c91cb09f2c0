using System.Text.Json;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>A connection, without its secret.</summary>
internal sealed record ConnectionView
{
    public const string Example = $$"""
        {"id":"{{Examples.Id}}","kind":"google-drive","title":"My Drive","account":"ann@example.org","state":"ready",
         "stateAt":"2026-01-15T09:30:00.000Z","error":null,"errorAt":null,"usedBytes":5368709120,"totalBytes":16106127360,
         "checkedAt":"2026-01-15T09:30:00.000Z","given":false,"node":null,"canRead":true,"canWrite":true,"transfers":1,
         "createdAt":"2026-01-15T09:30:00.000Z"}
        """;

    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required string Title { get; init; }

    /// <summary>The account's name at the provider.</summary>
    public required string? Account { get; init; }

    /// <summary>ready, needs_sign_in, needs_approval, app_secret_ended, disabled.</summary>
    public required string State { get; init; }

    public required DateTimeOffset StateAt { get; init; }

    /// <summary>The last error.</summary>
    public required string? Error { get; init; }

    public required DateTimeOffset? ErrorAt { get; init; }

    /// <summary>The used bytes when the storage was last queried.</summary>
    public required long? UsedBytes { get; init; }

    /// <summary>null if there is no limit or it is unknown.</summary>
    public required long? TotalBytes { get; init; }

    public required DateTimeOffset? CheckedAt { get; init; }

    /// <summary>Whether the operator provides it, such as a folder of the machine; its user then cannot change it.</summary>
    public required bool Given { get; init; }

    /// <summary>The name of the other node on whose machine the folder is; null for what this node reaches.</summary>
    public required string? Node { get; init; }

    /// <summary>Whether it can be a source.</summary>
    public required bool CanRead { get; init; }

    /// <summary>Whether it can be a destination.</summary>
    public required bool CanWrite { get; init; }

    /// <summary>The number of unfinished transfers that use it.</summary>
    public required int Transfers { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static ConnectionView Of(Connection connection) => new()
    {
        Id = connection.Id.ToString("n"),
        Kind = connection.Kind,
        Title = connection.Title,
        Account = connection.Account,
        State = JsonNamingPolicy.SnakeCaseLower.ConvertName(connection.State.ToString()),
        StateAt = connection.StateAt,
        Error = connection.Error,
        ErrorAt = connection.ErrorAt,
        UsedBytes = connection.UsedBytes,
        TotalBytes = connection.TotalBytes,
        CheckedAt = connection.CheckedAt,
        Given = connection.IsGiven,
        Node = connection.Node?.Name,
        CanRead = connection.CanRead,
        CanWrite = connection.CanWrite,
        Transfers = connection.Transfers,
        CreatedAt = connection.MadeAt,
    };
}

/// <summary>A file or a folder at a storage.</summary>
internal sealed record StorageItemView
{
    public const string Example =
        """{"id":"1dyUEebJaFnWa3Z4n0BFMVAXQ7mfUH11g","name":"Holidays","kind":"folder","size":null,"modifiedAt":null,"skip":null}""";

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>file or folder.</summary>
    public required string Kind { get; init; }

    public required long? Size { get; init; }

    public required DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Why a transfer skips it; null if it does not.</summary>
    public required string? Skip { get; init; }

    public static StorageItemView Of(SourceItem item) => new()
    {
        Id = item.Id,
        Name = item.Name,
        Kind = item.Kind == StorageItemKind.Folder ? "folder" : "file",
        Size = item.Size,
        ModifiedAt = item.Modified,
        Skip = item.Skip,
    };
}
