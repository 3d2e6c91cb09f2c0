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

    /// <summary>Requests a minute, a minute's worth at once; HEAD and OPTIONS do not count.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>New uploads a minute.</summary>
    public long? CreationsPerMinute { get; init; }

    /// <summary>Requests at a time that carry a file's bytes, up or down.</summary>
    public long? Transfers { get; init; }

    public static LimitsBody Of(LimitValues values) => new()
    {
        MaxFileSize = values.MaxFileSize,
        StoredBytes = values.StoredBytes,
        Files = values.Files,
        OpenUploads = values.OpenUploads,
        RequestsPerMinute = values.RequestsPerMinute,
        CreationsPerMinute = values.CreationsPerMinute,
        Transfers = values.Transfers,
    };

    public LimitValues ToValues() => new()
    {
        MaxFileSize = MaxFileSize,
        StoredBytes = StoredBytes,
        Files = Files,
        OpenUploads = OpenUploads,
        RequestsPerMinute = RequestsPerMinute,
        CreationsPerMinute = CreationsPerMinute,
        Transfers = Transfers,
    };
}

internal sealed class LimitsValidator : AbstractValidator<LimitsBody>
{
    public LimitsValidator() => RuleFor(body => body).Custom((body, context) =>
    {
        foreach (var name in LimitNames.All)
        {
            var least = LimitNames.Rates.Contains(name) ? 1 : 0;
            if (LimitNames.Of(body.ToValues(), name) < least)
                context.AddFailure(name, $"{name} is a number from {least} on, or null for no limit.");
        }
    });
}
