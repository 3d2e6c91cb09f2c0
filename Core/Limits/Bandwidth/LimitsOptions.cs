using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Limits;

[Settings("Limits")]
public sealed class LimitsOptions : IValidatableObject
{
    [Description("How many bytes a second the whole service receives, such as 20M, or a timetable such as 08:00,512k 18:00,10M "
        + "23:00,off; not set: no limit. A limit that is set by the API replaces it (PUT /api/limits/service/all). For operators who "
        + "share a line with others.")]
    public string? ReceiveBandwidth { get; set; }

    [Description("The same for file bytes that the service sends. For operators with a slow uplink.")]
    public string? SendBandwidth { get; set; }

    [SameOnAllNodes]
    [Description("The time zone of timetables, such as Europe/Berlin. For operators with timetables.")]
    public string TimeZone { get; set; } = "UTC";

    internal BandwidthTimetable? Receive => Parse(ReceiveBandwidth, out _);

    internal BandwidthTimetable? Send => Parse(SendBandwidth, out _);

    internal TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        _ = Parse(ReceiveBandwidth, out var receive);
        if (receive is not null)
            yield return new(receive, [nameof(ReceiveBandwidth)]);
        _ = Parse(SendBandwidth, out var send);
        if (send is not null)
            yield return new(send, [nameof(SendBandwidth)]);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
        {
            yield return new(
                $"\"{TimeZone}\" is not a time zone that this machine knows; write a name such as Europe/Berlin.", [nameof(TimeZone)]);
        }
    }

    private static BandwidthTimetable? Parse(string? text, out string? fault)
    {
        fault = null;
        return string.IsNullOrWhiteSpace(text) ? null : BandwidthTimetable.Parse(text, out fault);
    }
}
