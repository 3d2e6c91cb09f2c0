using System.CommandLine;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Doctor;

/// <summary>cu doctor: measures the connection to the service, and shows problems and their solutions.</summary>
internal static class DoctorVerb
{
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Send nothing: only the connection, the versions, the clock and the key." };
        var command = new Command("doctor", "Measure the connection to the service, and show problems and their solutions") { quick };
        command.SetAction((parse, stop) => Output.RunAsync(parse, async output =>
        {
            var target = Target.Of(parse);
            target.RequireService();
            output.Stopped = "Stopped. What was sent to be measured is ended by the service after an hour.";
            return await RunAsync(target, output, parse.GetValue(quick), stop);
        }));
        return command;
    }

    private static async Task<int> RunAsync(Target target, Output output, bool quick, CancellationToken stop)
    {
        var report = new Report(output);
        report.Figures["url"] = target.Url.AbsoluteUri;
        report.Good("service", $"{target.Url} (from {target.UrlFrom})");
        using var calls = new RawCalls(target);
        try
        {
            var connection = new ConnectionCheck(target, calls, report);
            await connection.RunAsync(stop);
            var key = new KeyCheck(target, calls, report);
            await key.RunAsync(stop);
            if (!quick && key.Rights.Contains("upload"))
                await new LineCheck(calls, report, connection.RoundTrip, key.Rights).RunAsync(stop);
            return report.End(ExitCodes.Done);
        }
        catch (TransferException failure)
        {
            // The problem that was just found is the reason to stop here.
            if (!report.EndsBad)
                report.Bad("stopped", failure.Message, "Nothing more can be checked before this is fixed.");
            return report.End(ExitCodes.Of(failure.Failure));
        }
    }
}
