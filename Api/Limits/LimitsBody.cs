using ChunkUpload.Core.Limits;
using FluentValidation;

namespace ChunkUpload.Api.Limits;

/// <summary>What a tenant, a user or a key may have; null or left out sets no limit.</summary>
internal sealed record LimitsBody
{
    public const string Example = """
        {"maxFileSize":104857600,"storedBytes":1073741824,"files":1000,"openUploads":20,"requestsPerMinute":6000,
         "creationsPerMinute":600,"transfers":32,"receiveBandwidth":"08:00,512k 18:00,10M 23:00,off","sendBandwidth":"20M"}
        """;

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

    /// <summary>
    /// Bytes of files that may come in a second, such as 20M, or a timetable such as "08:00,512k 18:00,10M 23:00,off", also with weekdays:
    /// "Mon-08:00,512k". k, M and G are powers of 1024.
    /// </summary>
    public string? ReceiveBandwidth { get; init; }

    /// <summary>The same for bytes of files that are sent.</summary>
    public string? SendBandwidth { get; init; }

    public static LimitsBody Of(LimitValues values) => new()
    {
        MaxFileSize = values.MaxFileSize,
        StoredBytes = values.StoredBytes,
        Files = values.Files,
        OpenUploads = values.OpenUploads,
        RequestsPerMinute = values.RequestsPerMinute,
        CreationsPerMinute = values.CreationsPerMinute,
        Transfers = values.Transfers,
        ReceiveBandwidth = values.ReceiveBandwidth?.Text,
        SendBandwidth = values.SendBandwidth?.Text,
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
        ReceiveBandwidth = Timetable(ReceiveBandwidth, out _),
        SendBandwidth = Timetable(SendBandwidth, out _),
    };

    public static BandwidthTimetable? Timetable(string? text, out string? fault)
    {
        fault = null;
        return text is null ? null : BandwidthTimetable.Parse(text, out fault);
    }
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

        foreach (var (name, text) in new[] { ("receiveBandwidth", body.ReceiveBandwidth), ("sendBandwidth", body.SendBandwidth) })
        {
            if (LimitsBody.Timetable(text, out var fault) is null && fault is not null)
                context.AddFailure(name, fault);
        }
    });
}
