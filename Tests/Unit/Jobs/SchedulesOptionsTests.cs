using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Jobs;
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
    public void Refuses_what_is_no_cron_expression_with_a_sentence(string text)
    {
        var fault = Assert.Single(Faults(new SchedulesOptions { ScrubFiles = text }));
        Assert.StartsWith($"The schedule of scrub-files in Schedules is \"{text}\", which is not a cron expression", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_schedule_that_never_fires()
    {
        var fault = Assert.Single(Faults(new SchedulesOptions { TrimHistory = "0 0 0 1 1 ? 2001" }));
        Assert.Contains("never fires", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_registered_job_has_a_schedule_and_every_schedule_a_job()
    {
        var jobs = new ServiceCollection().AddMaintenanceJobs()
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
