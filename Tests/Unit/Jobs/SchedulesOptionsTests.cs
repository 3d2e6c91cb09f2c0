using System.ComponentModel.DataAnnotations;
using System.Globalization;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Infrastructure.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Unit.Jobs;

public sealed class SchedulesOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(Faults(new SchedulesOptions()));

    [Theory]
    [InlineData("hourly")]
    [InlineData("0 7 * * *")]
    [InlineData("0 61 * * * ?")]
    [InlineData("0 0 0 1 1 ? 2099")]
    [InlineData("@hourly")]
    public void Refuses_what_is_no_cron_expression_with_a_sentence(string text)
    {
        var fault = Assert.Single(Faults(new SchedulesOptions { ScrubFiles = text }));
        Assert.StartsWith(
            $"The schedule of scrub-files in Schedules is \"{text}\", which is not a cron expression", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_schedule_that_never_fires()
    {
        var fault = Assert.Single(Faults(new SchedulesOptions { TrimHistory = "0 0 0 30 2 ?" }));
        Assert.Contains("never fires", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 0 9 ? * 2", "counts weekdays")]
    [InlineData("0 0 9 ? * 2-6", "counts weekdays")]
    [InlineData("0 0 9 ? * MON,5", "counts weekdays")]
    [InlineData("0 0 9 ? * 6L", "counts weekdays")]
    [InlineData("0 0 9 ? * 6#3", "counts weekdays")]
    [InlineData("0 0 9 ? * MON/2", "counts weekdays")]
    [InlineData("0 0 9 ? * */2", "counts weekdays")]
    [InlineData("0 0 9 1 * MON", "names days of the month and weekdays")]
    [InlineData("0 0 9 31W * ?", "not every month has")]
    public void Refuses_a_schedule_that_schedulers_read_differently(string text, string reason)
    {
        var fault = Assert.Single(Faults(new SchedulesOptions { ScrubFiles = text }));
        Assert.StartsWith($"The schedule of scrub-files in Schedules is \"{text}\", which ", fault, StringComparison.Ordinal);
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("* * * * * ?", "2026-01-01T00:00:01Z")]
    [InlineData("0 23 0/6 * * ?", "2026-01-01T00:23:00Z")]
    [InlineData("0 7 * * * *", "2026-01-01T00:07:00Z")]
    [InlineData("0 0 9 ? * MON-FRI", "2026-01-01T09:00:00Z")]
    [InlineData("0 0 9 ? * sat-sun", "2026-01-03T09:00:00Z")]
    [InlineData("0 0 9 ? * MON,WED-THU", "2026-01-01T09:00:00Z")]
    [InlineData("0 0 9 ? * MON#2", "2026-01-12T09:00:00Z")]
    [InlineData("0 0 9 ? * FRIL", "2026-01-30T09:00:00Z")]
    [InlineData("0 0 22-2 * * ?", "2026-01-01T01:00:00Z")]
    [InlineData("0 0 0 LW * ?", "2026-01-30T00:00:00Z")]
    [InlineData("0 0 0 1 NOV-FEB ?", "2026-02-01T00:00:00Z")]
    public void Accepts_what_means_one_thing_only(string text, string next)
    {
        Assert.Empty(Faults(new SchedulesOptions { ScrubFiles = text }));
        Assert.Equal(DateTimeOffset.Parse(next, CultureInfo.InvariantCulture), JobCron.Parse(text)
            .NextAfter(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Every_registered_job_has_a_schedule_and_every_schedule_a_job()
    {
        var jobs = new ServiceCollection().AddMaintenanceJobs().AddFsck().AddStatistics()
            .Where(service => service.ServiceType == typeof(IMaintenanceJob))
            .Select(service => Dashed(service.ImplementationType!.Name));

        Assert.Equal(jobs.Order(), new SchedulesOptions().ByJob().Keys.Order());
        Assert.Subset(new SchedulesOptions().ByJob().Keys.ToHashSet(), SchedulesOptions.AtStart.ToHashSet());
    }

    private static List<string?> Faults(SchedulesOptions options) =>
        [.. options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage)];

    private static string Dashed(string name) =>
        string.Concat(name.Select((letter, index) => (char.IsUpper(letter) && index > 0 ? "-" : "") + char.ToLowerInvariant(letter)));
}
