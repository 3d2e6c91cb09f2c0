using System.Runtime.InteropServices;
using ChunkUpload.Emulators;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Tests;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab;

/// <summary>Runs the named tests in turn. Exit code 0: all passed; 1: one failed; 2: one could not be run.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is ["witness", .. var rest])
            return await WitnessProcess.MainAsync(rest);
        if (args is ["emulator", .. var emulated])
            return await EmulatorProgram.Main(emulated);
        if (args is ["fsck"])
            return await FsckProcess.MainAsync();
        if (args.Length == 0 || args.Contains("--help"))
        {
            Console.WriteLine(LabOptions.Usage);
            foreach (var test in Programme.All)
                Console.WriteLine($"  {test.Name,-10} {test.Number,-4} {test.Question}");
            return args.Length == 0 ? 2 : 0;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            return await Programme.RunAsync(LabOptions.Parse(args), stop.Token);
        }
        catch (LabException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
