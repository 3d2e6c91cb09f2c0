using ChunkUpload.Core.Limits;
using FluentValidation;

namespace ChunkUpload.Api.Limits;

/// <summary>What a tenant, a user or a key may have; null or left out sets no limit.</summary>
internal sealed record LimitsBody
{
    /// <summary>The largest upload in bytes.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Bytes of all uploads, finished or not, also of those in the trash.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>Files, also those in the trash.</summary>
    public long? Files { get; init; }

    /// <summary>Unfinished uploads.</summary>
    public long? OpenUploads { get; init; }

    public static LimitsBody Of(LimitValues values) => new()
    {
        MaxFileSize = values.MaxFileSize,
        StoredBytes = values.StoredBytes,
        Files = values.Files,
        OpenUploads = values.OpenUploads,
    };

    public LimitValues ToValues() => new()
    {
        MaxFileSize = MaxFileSize,
        StoredBytes = StoredBytes,
        Files = Files,
        OpenUploads = OpenUploads,
    };
}

internal sealed class LimitsValidator : AbstractValidator<LimitsBody>
{
    public LimitsValidator() => RuleFor(body => body).Custom((body, context) =>
    {
        foreach (var name in LimitNames.All)
        {
            if (LimitNames.Of(body.ToValues(), name) < 0)
                context.AddFailure(name, $"{name} is a number from 0 on, or null for no limit.");
        }
    });
}
