using System.Runtime.InteropServices;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators;

/// <summary>Starts one emulator and runs until it is told to stop.</summary>
internal static class EmulatorProgram
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            var command = CommandLine.Parse(args);
            if (command is null)
            {
                Console.WriteLine(CommandLine.Help);
                return 0;
            }

            using var stop = new CancellationTokenSource();
            void Stop(PosixSignalContext signal)
            {
                signal.Cancel = true;
                stop.Cancel();
            }

            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            await using var host = await EmulatorHost.StartAsync(command.Emulator, command.Options, stop.Token);
            // Scripts wait for this line.
            Console.WriteLine($"{command.Emulator.Name}: {string.Join(' ', host.Addresses)}");
            var stopped = new TaskCompletionSource();
            await using var registration = stop.Token.Register(stopped.SetResult);
            await stopped.Task;
            return 0;
        }
        catch (ControlException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
    }
}
