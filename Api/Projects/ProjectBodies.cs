using System.Text.Json.Serialization;
using ChunkUpload.Api.Access;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

internal sealed record NewProjectBody
{
    public string? Name { get; init; }
}

internal sealed class NewProjectValidator : AbstractValidator<NewProjectBody>
{
    public NewProjectValidator() => RuleFor(body => body.Name).MustBeTitle("name", needed: true);
}

internal sealed record ProjectChangeBody
{
    public string? Name { get; init; }

    /// <summary>Whether the project is read-only and its devices are released.</summary>
    public bool? Archived { get; init; }

    /// <summary>The new owner: a member who may change the project.</summary>
    public string? Owner { get; init; }
}

internal sealed class ProjectChangeValidator : AbstractValidator<ProjectChangeBody>
{
    public ProjectChangeValidator() => RuleFor(body => body.Name).MustBeTitle("name", needed: false);
}

internal sealed record ProjectMemberChangeBody
{
    /// <summary>Whether the member may change files and serve folders; default false.</summary>
    [JsonPropertyName("can_change")]
    public bool? CanChange { get; init; }
}

internal sealed class ProjectMemberValidator : AbstractValidator<ProjectMemberChangeBody>;

internal sealed record NewFolderBody
{
    /// <summary>The id in the folder's marker file.</summary>
    public Guid? Id { get; init; }

    [JsonPropertyName("device_id")]
    public Guid? DeviceId { get; init; }

    /// <summary>The path in the project, such as /line-14.</summary>
    public string? Place { get; init; }
}

internal sealed class NewFolderValidator : AbstractValidator<NewFolderBody>
{
    public NewFolderValidator()
    {
        RuleFor(body => body.Id).NotEmpty().OverridePropertyName("id").WithMessage("id must be the id in the folder's marker file.");
        RuleFor(body => body.DeviceId).NotEmpty().OverridePropertyName("device_id").WithMessage("device_id must be the id of the device.");
        RuleFor(body => body.Place).Must(place => place == "/" || RemotePath.Fault(place) is null).OverridePropertyName("place")
            .WithMessage("place must be a path such as /line-14, of names that are valid on every system and not hidden.");
    }
}

internal sealed record NewDeviceBody
{
    /// <summary>The display name. An existing name of the device is kept.</summary>
    public string? Name { get; init; }

    /// <summary>The operating system.</summary>
    public string? Platform { get; init; }

    /// <summary>The version of the agent.</summary>
    public string? Version { get; init; }

    /// <summary>The addresses at which the device may be reached. Only the two devices of an approved transfer see them.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>The SHA-256 of the device's public key in hex, which never changes once it is known.</summary>
    public string? Fingerprint { get; init; }
}

internal sealed class NewDeviceValidator : AbstractValidator<NewDeviceBody>
{
    private const int MostAddresses = 16;
    private const int LongestAddress = 100;
    private const int LongestWord = 100;

    public NewDeviceValidator()
    {
        RuleFor(body => body.Name).MustBeTitle("name", needed: true);
        RuleFor(body => body.Platform).MaximumLength(LongestWord).OverridePropertyName("platform");
        RuleFor(body => body.Version).MaximumLength(LongestWord).OverridePropertyName("version");
        RuleFor(body => body.Addresses)
            .Must(all => all is null || (all.Count <= MostAddresses && all.All(one => one is { Length: > 0 and <= LongestAddress })))
            .OverridePropertyName("addresses")
            .WithMessage($"addresses has at most {MostAddresses} addresses of {LongestAddress} characters.");
        RuleFor(body => body.Fingerprint)
            .Must(text => text is null || (text.Length == 64 && text.All(char.IsAsciiHexDigit)))
            .OverridePropertyName("fingerprint").WithMessage("fingerprint must be a SHA-256 in hex.");
    }
}

internal sealed record DeviceChangeBody
{
    public string? Name { get; init; }
}

internal sealed class DeviceChangeValidator : AbstractValidator<DeviceChangeBody>
{
    public DeviceChangeValidator() => RuleFor(body => body.Name).MustBeTitle("name", needed: true);
}

internal sealed record FilesUpdateBody
{
    public const int MostChanges = 1000;

    [JsonPropertyName("device_id")]
    public Guid? DeviceId { get; init; }

    /// <summary>The served folder; it may be left out if the device serves only one folder in the project.</summary>
    [JsonPropertyName("folder_id")]
    public Guid? FolderId { get; init; }

    /// <summary>The device's number of the batch that this one follows; 0 for the first.</summary>
    [JsonPropertyName("base_sequence")]
    public long? BaseSequence { get; init; }

    /// <summary>The id of the batch. If the last batch is repeated, it gets the same response.</summary>
    [JsonPropertyName("batch_id")]
    public Guid? BatchId { get; init; }

    public SnapshotBody? Snapshot { get; init; }

    public IReadOnlyList<FileChangeBody?>? Changes { get; init; }
}

/// <param name="Id">The same in all batches of the snapshot.</param>
/// <param name="Last">Whether the snapshot ends; files that it does not contain are then removed.</param>
internal sealed record SnapshotBody(Guid? Id, bool? Last);

/// <summary>A change of one file.</summary>
internal sealed record FileChangeBody
{
    /// <summary>upsert, delete or move.</summary>
    public string? Op { get; init; }

    public string? Path { get; init; }

    /// <summary>The previous path of a file that was moved; otherwise <c>null</c>.</summary>
    public string? From { get; init; }

    public long? Size { get; init; }

    /// <summary>The SHA-256 in hex; left out until the device has computed it.</summary>
    public string? Hash { get; init; }

    [JsonPropertyName("mime_type")]
    public string? MimeType { get; init; }

    [JsonPropertyName("modified_at")]
    public string? ModifiedAt { get; init; }

    /// <summary>The POSIX permission bits.</summary>
    public int? Mode { get; init; }
}

internal sealed class FilesUpdateValidator : AbstractValidator<FilesUpdateBody>
{
    public FilesUpdateValidator()
    {
        RuleFor(body => body.DeviceId).NotEmpty().OverridePropertyName("device_id").WithMessage("device_id must be the id of the device.");
        RuleFor(body => body.BaseSequence).NotNull().GreaterThanOrEqualTo(0).OverridePropertyName("base_sequence")
            .WithMessage("base_sequence must be the number of the last batch, or 0.");
        RuleFor(body => body.BatchId).NotEmpty().OverridePropertyName("batch_id").WithMessage("batch_id must be the id of the batch.");
        RuleFor(body => body.Snapshot).Must(snapshot => snapshot is null or { Id: not null }).OverridePropertyName("snapshot")
            .WithMessage("snapshot must have an id.");
        RuleFor(body => body.Changes).Must(all => all is { Count: <= FilesUpdateBody.MostChanges } && !all.Contains(null))
            .OverridePropertyName("changes").WithMessage($"changes must have at most {FilesUpdateBody.MostChanges} changes.");
    }
}

internal sealed record FilesUpdatedView(long Sequence, long Accepted, IReadOnlyList<RejectedChangeView> Rejected);

internal sealed record RejectedChangeView(string Path, string Code);
