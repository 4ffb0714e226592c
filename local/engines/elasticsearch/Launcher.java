import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** One Elasticsearch node in this process: `Launcher <home> <name=value>...`. It ends with SIGTERM. */
public final class Launcher {
    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        Path home = Path.of(arguments[0]);
        Settings.Builder settings = Settings.builder().put("path.home", home);
        for (int i = 1; i < arguments.length; i++) {
            int sign = arguments[i].indexOf('=');
            settings.put(arguments[i].substring(0, sign), arguments[i].substring(sign + 1));
        }
        Environment environment = new Environment(settings.build(), home.resolve("config"));
        LogConfigurator.setNodeName("souk");
        LogConfigurator.configureWithoutConfig(environment.settings());
        var bundles = PluginsLoader.loadModulesBundles(home.resolve("modules"), false);
        Node node = new Node(environment, PluginsLoader.createPluginsLoader(bundles, Set.of(), Map.of()));

        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.prepareForClose();
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
            ended.countDown();
        }));
        node.start();
        ended.await();
    }
}
